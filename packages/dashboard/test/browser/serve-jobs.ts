/**
 * Serves the page with jobs in memory that come, run and end: `npx tsx test/browser/serve-jobs.ts [port]` prints its
 * address. Built once, at the start.
 */
import type { JobView } from "@parametric-portal/server/infra/jobs-page/api"
import { startFixture } from "./jobs-fixture.ts"
import { idOf, jobWith, sampleState } from "./sample-jobs.ts"

const { state, url } = await startFixture(sampleState(), Number(process.argv[2] ?? 0))
console.log(url)

let last = 20_000

/** Each second one job ends, one begins and one is accepted. */
const step = (): void => {
  const { now } = state
  last += 1
  const ended = state.jobs.find((job) => job.state === "running")?.id
  const begun = state.jobs.find((job) => job.state === "ready" && !state.paused.has(job.jobType))?.id
  const next = (job: JobView): JobView =>
    job.id === ended
      ? { ...job, state: "completed", finishedAt: now }
      : job.id === begun
        ? { ...job, state: "running", attempt: 1, startedAt: now, heldBy: "worker-1.eu-west.example:34431" }
        : job
  state.jobs = [...state.jobs.map(next), jobWith(last, { id: idOf(last), acceptedAt: now, dueAt: now })]
}

setInterval(() => {
  state.now += 1000
  step()
}, 1000)

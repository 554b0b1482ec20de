/** What the metrics of durable jobs cost: the same runner on SQLite with and without them, in turns. */
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import path from "node:path"
import { claim, interleave, medians, pairedRatio, type Result } from "./harness.ts"
import { makeRunner, sqlite } from "./jobs/world.ts"

// Two of each, so that neither is always made first.
const watched = ["watched", "watched, the second"]
const unwatched = ["unwatched", "unwatched, the second"]

/** Measures `jobs_metrics_cost`: jobs a second without the metrics and with them. */
export const measure = async (): Promise<ReadonlyArray<Result>> => {
  const folder = mkdtempSync(path.join(tmpdir(), "jobs-cost-"))
  const subjects = ["watched", ...unwatched, "watched, the second"].map((name) => {
    const runner = makeRunner(sqlite(path.join(folder, `${name}.sqlite`)), watched.includes(name))
    return {
      name,
      run: runner.run,
      check: (jobs: number) => claim(`jobs run, ${name}`, runner.done(), jobs),
      end: () => runner.runtime.dispose()
    }
  })
  const samples = await interleave(subjects, { rounds: 50, batchMs: 120, warmups: 12, clock: "wall" })
  for (const { end } of subjects) {
    await end()
  }
  rmSync(folder, { recursive: true })
  return [
    pairedRatio("jobs_metrics_cost", samples, { of: watched, to: unwatched }),
    ...medians("jobs.time of a job", samples)
  ]
}

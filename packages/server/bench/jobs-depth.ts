/** Whether a long queue is slower: 50,000 jobs are run while a million wait, and where they are all there are. */
import type { Result } from "./harness.ts"
import { rates, ratioOfRates, stalls } from "./jobs/results.ts"
import { startServers } from "./jobs/servers.ts"
import { inRounds, type Subject } from "./jobs/turns.ts"

const jobs = 50_000

const deep: Subject = { name: "of a million", queue: "ours", task: "processSome", jobs, waiting: 1_000_000 - jobs }
const shallow: Subject = { name: "of as many", queue: "ours", task: "process", jobs }

/** Measures `jobs_depth_scaling`. */
export const measure = async (): Promise<ReadonlyArray<Result>> => {
  const servers = await startServers()
  const rounds = await inRounds(servers, [deep, shallow])
  await servers.stop()
  return [
    ratioOfRates("jobs_depth_scaling", rounds, { of: deep, to: [shallow] }),
    ...rates(rounds, "process 50,000"),
    ...stalls(rounds, "process 50,000")
  ]
}

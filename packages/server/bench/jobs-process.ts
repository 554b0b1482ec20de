/** Running durable jobs: ours beside pg-boss and graphile-worker on one PostgreSQL, and BullMQ on Redis. */
import type { Result } from "./harness.ts"
import { rates, ratioOfRates, stalls } from "./jobs/results.ts"
import { startServers } from "./jobs/servers.ts"
import { inRounds, type Subject } from "./jobs/turns.ts"

const running = (queue: string, jobs: number): Subject => ({
  name: `${jobs} by ${queue}`,
  queue,
  task: "process",
  jobs
})

const ours = running("ours", 10_000)
const graphile = running("graphile-worker", 10_000)
const bull = running("bullmq", 10_000)
const boss = running("pg-boss", 10_000)
const oursMore = running("ours", 50_000)
const localQueues = [running("graphile-worker-local-queue", 50_000), running("graphile-worker-larger-queue", 50_000)]

/** Measures `jobs_process_*`. */
export const measure = async (): Promise<ReadonlyArray<Result>> => {
  const servers = await startServers()
  const rounds = await inRounds(servers, [ours, graphile, bull, boss, oursMore, ...localQueues])
  await servers.stop()
  return [
    ratioOfRates("jobs_process_vs_graphile", rounds, { of: ours, to: [graphile] }),
    ratioOfRates("jobs_process_vs_graphile_local_queue", rounds, { of: oursMore, to: localQueues }),
    ratioOfRates("jobs_process_vs_bullmq", rounds, { of: ours, to: [bull] }),
    ...rates(rounds, "process"),
    ...stalls(rounds, "process")
  ]
}

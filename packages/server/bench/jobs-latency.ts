/** From submitting a job on an idle queue until it starts: ours beside graphile-worker as it comes, and BullMQ. */
import { median, type Result } from "./harness.ts"
import { resultOf, turnsOf } from "./jobs/results.ts"
import { startServers } from "./jobs/servers.ts"
import { inRounds, type Rounds, type Subject } from "./jobs/turns.ts"

const starts = (queue: string): Subject => ({ name: queue, queue, task: "starts", jobs: 2000, warmup: 200 })

const ours = starts("ours")
const graphile = starts("graphile-worker")
const bull = starts("bullmq")

/** Measures `jobs_start_latency_vs_graphile`: of the slowest hundredth of a round's starts. */
export const measure = async (): Promise<ReadonlyArray<Result>> => {
  const servers = await startServers()
  const subjects = [ours, graphile, bull]
  const rounds = await inRounds(servers, subjects)
  await servers.stop()
  const beside = (name: string, part: number): Result => {
    const own = partsOf(rounds, ours, part)
    const theirs = partsOf(rounds, graphile, part)
    const single = own.map((ms, round) => ms / (theirs[round] ?? Number.NaN))
    return { ...resultOf(name, "ratio", single), value: median(own) / median(theirs) }
  }
  return [
    beside("jobs_start_latency_vs_graphile", 0.99),
    beside("jobs.start latency p50, ours / graphile-worker", 0.5),
    ...subjects.flatMap((subject) =>
      [0.5, 0.99].map((part) =>
        resultOf(`jobs.start latency p${part * 100}, ${subject.queue}`, "ms", partsOf(rounds, subject, part))
      )
    )
  ]
}

/** In each round, what this part of the starts took at most. */
const partsOf = (rounds: Rounds, subject: Subject, part: number): ReadonlyArray<number> =>
  turnsOf(rounds, subject).map(({ startsMs }) => {
    const sorted = [...startsMs].sort((left, right) => left - right)
    return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? Number.NaN
  })

/** Submitting durable jobs: ours beside pg-boss and graphile-worker on one PostgreSQL, and BullMQ on Redis. */
import type { Result } from "./harness.ts"
import { rates, ratioOfRates, stalls } from "./jobs/results.ts"
import { startServers } from "./jobs/servers.ts"
import { inRounds, type Subject } from "./jobs/turns.ts"

const on =
  (task: Subject["task"], jobs: number) =>
  (queue: string): Subject => ({ name: queue, queue, task, jobs })

const peers = ["pg-boss", "graphile-worker"]

const one = on("submit", 5000)
const inTransaction = on("submitInTransactions", 5000)
const many = on("submitMany", 50_000)

/** Measures `jobs_submit_*`. */
export const measure = async (): Promise<ReadonlyArray<Result>> => {
  const servers = await startServers()
  const single = { ours: one("ours"), peers: peers.map(one), all: [one("bullmq")] }
  const transactions = { ours: inTransaction("ours"), peers: peers.map(inTransaction), all: [] }
  const bulk = { ours: many("ours"), peers: peers.map(many), all: [many("bullmq")] }
  const tasks = { single, transactions, bulk }
  const rounds = await inRounds(
    servers,
    Object.values(tasks).flatMap(({ all, ours, peers }) => [ours, ...peers, ...all])
  )
  await servers.stop()
  const rest = (task: Subject["task"], what: string) => {
    const of = new Map(Array.from(rounds).filter(([subject]) => subject.task === task))
    return [...rates(of, what), ...stalls(of, what)]
  }
  const boss = bulk.peers.filter(({ queue }) => queue === "pg-boss")
  return [
    ratioOfRates("jobs_submit_vs_best_peer", rounds, { of: single.ours, to: single.peers }),
    ratioOfRates("jobs_submit_tx_vs_best_peer", rounds, { of: transactions.ours, to: transactions.peers }),
    ratioOfRates("jobs_submit_many_vs_pg_boss", rounds, { of: bulk.ours, to: boss }),
    ...rest("submit", "submit"),
    ...rest("submitInTransactions", "submit in transactions"),
    ...rest("submitMany", "submit many")
  ]
}

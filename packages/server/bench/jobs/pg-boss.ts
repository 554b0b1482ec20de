/**
 * pg-boss as its documentation says. A worker polls; one that found a whole batch is told to look again at once
 * (`notifyWorker`), so that it isn't the poll that is measured.
 */
import { Pool } from "pg"
import PgBoss from "pg-boss"
import { byCallers, concurrency, connections, inGroups, type Numbers, type Queue, type Servers } from "./queue.ts"

/** What was fastest of 1 to 4 workers with batches of 100 to 10,000. */
const workers = 2
const batchSize = 2000

const bulk = 10_000

const queue = "nothing"

/** What a run leaves behind is removed after it. */
export const open = async ({ postgres }: Servers): Promise<Queue> => {
  const boss = new PgBoss({ connectionString: postgres, max: connections })
  boss.on("error", (error) => {
    throw error
  })
  await boss.start()
  const pool = new Pool({ connectionString: postgres, max: connections })
  await boss.createQueue(queue)
  const inTransaction = async (n: number): Promise<void> => {
    const client = await pool.connect()
    await client.query("BEGIN")
    await boss.send(queue, { n }, { db: { executeSql: (text, values) => client.query(text, values) } })
    await client.query("COMMIT")
    client.release()
  }
  return {
    submit: (numbers) => byCallers(numbers, (n) => boss.send(queue, { n })),
    submitOne: (n) => boss.send(queue, { n }),
    submitInTransactions: (numbers) => byCallers(numbers, inTransaction),
    submitMany: async (numbers: Numbers) => {
      for (const group of inGroups(numbers, bulk)) {
        await boss.insert(group.map((n) => ({ name: queue, data: { n } })))
      }
    },
    run: async (handle) => {
      const ids: Array<string> = []
      for (let worker = 0; worker < workers; worker++) {
        ids.push(
          await boss.work<{ n: number }>(queue, { batchSize, pollingIntervalSeconds: 0.5 }, async (jobs) => {
            await eachOf(jobs, handle)
            if (jobs.length === batchSize) {
              boss.notifyWorker(ids[worker] ?? "")
            }
          })
        )
      }
      return {
        stop: async () => {
          await boss.offWork(queue)
          while ((await boss.getQueueSize(queue, { before: "completed" })) > 0) {
            await new Promise((resolve) => setTimeout(resolve, 10))
          }
          await boss.clearStorage()
        }
      }
    },
    close: async () => {
      await boss.stop({ graceful: false })
      await pool.end()
    }
  }
}

/** A batch is one call: its jobs run 32 at a time within it. */
const eachOf = async (jobs: ReadonlyArray<PgBoss.Job<{ n: number }>>, handle: (n: number) => void): Promise<void> => {
  for (let from = 0; from < jobs.length; from += concurrency) {
    await Promise.all(jobs.slice(from, from + concurrency).map(async ({ data }) => handle(data.n)))
  }
}

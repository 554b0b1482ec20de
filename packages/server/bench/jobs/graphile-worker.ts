/** graphile-worker as it comes; `graphile-worker-local-queue.ts` has it with its local queue. */
import { Logger, makeWorkerUtils, run, type RunnerOptions } from "graphile-worker"
import { Pool } from "pg"
import { byCallers, concurrency, connections, inGroups, type Numbers, type Queue, type Servers } from "./queue.ts"

const bulk = 10_000

const logger = new Logger(() => () => undefined)

/** As it comes. */
export const open = (servers: Servers): Promise<Queue> => openWith(servers, { concurrency })

/** With options of its runner. */
export const openWith = async ({ postgres }: Servers, options: RunnerOptions): Promise<Queue> => {
  const pgPool = new Pool({ connectionString: postgres, max: connections })
  // It asks for both handlers.
  pgPool.on("error", () => undefined)
  pgPool.on("connect", (client) => client.on("error", () => undefined))
  const utils = await makeWorkerUtils({ pgPool, logger })
  await utils.migrate()
  const inTransaction = async (n: number): Promise<void> => {
    const client = await pgPool.connect()
    await client.query("BEGIN")
    await client.query("SELECT graphile_worker.add_job($1, $2::json)", ["nothing", JSON.stringify({ n })])
    await client.query("COMMIT")
    client.release()
  }
  return {
    submit: (numbers) => byCallers(numbers, (n) => utils.addJob("nothing", { n })),
    submitOne: (n) => utils.addJob("nothing", { n }),
    submitInTransactions: (numbers) => byCallers(numbers, inTransaction),
    submitMany: async (numbers: Numbers) => {
      for (const group of inGroups(numbers, bulk)) {
        await utils.addJobs(group.map((n) => ({ identifier: "nothing", payload: { n } })))
      }
    },
    run: async (handle) => {
      const nothing = async (payload: unknown): Promise<void> => handle((payload as { n: number }).n)
      const runner = await run({ pgPool, logger, noHandleSignals: true, ...options, taskList: { nothing } })
      return { stop: () => runner.stop() }
    },
    close: async () => {
      await utils.release()
      await pgPool.end()
    }
  }
}

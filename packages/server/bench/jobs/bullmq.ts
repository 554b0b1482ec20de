/** BullMQ on Redis as its documentation says; completed jobs are kept as they are by default. */
import { Queue as Jobs, Worker } from "bullmq"
import { byCallers, concurrency, inGroups, type Numbers, type Queue, type Servers } from "./queue.ts"

const bulk = 2000

/** It has no transactions that a caller's rows could be part of. */
export const open = async ({ redis }: Servers): Promise<Queue> => {
  const connection = { host: "127.0.0.1", port: redis, maxRetriesPerRequest: null }
  const queue = new Jobs<{ n: number }>("nothing", { connection })
  await queue.waitUntilReady()
  return {
    submit: (numbers) => byCallers(numbers, (n) => queue.add("nothing", { n })),
    submitOne: (n) => queue.add("nothing", { n }),
    submitMany: async (numbers: Numbers) => {
      for (const group of inGroups(numbers, bulk)) {
        await queue.addBulk(group.map((n) => ({ name: "nothing", data: { n } })))
      }
    },
    run: async (handle) => {
      const worker = new Worker<{ n: number }>("nothing", async ({ data }) => handle(data.n), {
        connection,
        concurrency,
        autorun: false
      })
      worker.on("error", (error) => {
        throw error
      })
      await worker.waitUntilReady()
      void worker.run()
      return { stop: () => worker.close() }
    },
    close: () => queue.close()
  }
}

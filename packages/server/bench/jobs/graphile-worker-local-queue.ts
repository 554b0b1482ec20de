/** graphile-worker with its local queue and the batches of ends that its documentation measures with. */
import { openWith } from "./graphile-worker.ts"
import { concurrency, connections, type Queue, type Servers } from "./queue.ts"

const worker = {
  concurrentJobs: concurrency,
  maxPoolSize: connections,
  localQueue: { size: 500 },
  completeJobBatchDelay: 0,
  failJobBatchDelay: 0
}

export const open = (servers: Servers): Promise<Queue> => openWith(servers, { preset: { worker } })

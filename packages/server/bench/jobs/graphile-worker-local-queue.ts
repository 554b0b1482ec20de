/** graphile-worker with its local queue and the batches of ends that its documentation measures with. */
import { openWith } from "./graphile-worker.ts"
import { concurrency, connections, type Queue, type Servers } from "./queue.ts"

const worker = {
  concurrentJobs: concurrency,
  maxPoolSize: connections,
  completeJobBatchDelay: 0,
  failJobBatchDelay: 0
}

/** With a local queue of so many jobs. */
export const openWithLocalQueue = (servers: Servers, size: number): Promise<Queue> =>
  openWith(servers, { preset: { worker: { ...worker, localQueue: { size } } } })

export const open = (servers: Servers): Promise<Queue> => openWithLocalQueue(servers, 500)

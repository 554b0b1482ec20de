/** What the benchmark asks of a job queue, ours or a peer's. Each queue has a process of its own: `queue-process.ts`. */

/** The numbers that are the payloads of jobs: from the first one on, so many. */
export interface Numbers {
  readonly from: number
  readonly jobs: number
}

/** A queue over one database. Its jobs are `{ n }`. */
export interface Queue {
  /** Submits jobs one by one, by 32 callers at once. */
  readonly submit: (numbers: Numbers) => Promise<void>
  /** The same, each in a transaction of its caller's. Where a queue can't do that, there is none. */
  readonly submitInTransactions?: (numbers: Numbers) => Promise<void>
  /** Submits one job. */
  readonly submitOne: (n: number) => Promise<unknown>
  /** Submits jobs in bulk. */
  readonly submitMany: (numbers: Numbers) => Promise<void>
  /** Starts to run jobs, 32 at once. */
  readonly run: (handle: (n: number) => void) => Promise<Runner>
  readonly close: () => Promise<void>
}

/** What runs jobs. */
export interface Runner {
  /** Resolves when the ends of so many jobs since the start are committed; where there is none, that isn't waited for. */
  readonly written?: (jobs: number) => Promise<void>
  /** How many of those that this runner ran are committed. */
  readonly countWritten?: () => Promise<number>
  /** Resolves when nothing runs any more and all ends are committed. */
  readonly stop: () => Promise<void>
}

/** Where the servers are. */
export interface Servers {
  /** The URL of a database that is this queue's alone. */
  readonly postgres: string
  /** The port of Redis on this machine. */
  readonly redis: number
}

/** What the file of a queue exports. */
export interface QueueModule {
  readonly open: (servers: Servers) => Promise<Queue>
}

/** So many at once, everywhere. */
export const concurrency = 32

/** Connections to PostgreSQL, for each queue. */
export const connections = 12

/** Calls for each number, by 32 callers at once. */
export const byCallers = async ({ from, jobs }: Numbers, call: (n: number) => Promise<unknown>): Promise<void> => {
  let next = from
  const caller = async (): Promise<void> => {
    while (next < from + jobs) {
      await call(next++)
    }
  }
  await Promise.all(Array.from({ length: concurrency }, caller))
}

/** The numbers in groups of a size. */
export const inGroups = ({ from, jobs }: Numbers, size: number): ReadonlyArray<ReadonlyArray<number>> =>
  Array.from({ length: Math.ceil(jobs / size) }, (_, group) =>
    Array.from({ length: Math.min(size, jobs - group * size) }, (_, at) => from + group * size + at)
  )

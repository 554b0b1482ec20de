/** Tables in the memory of the process, for one runner whose jobs succeed: reading and writing them takes next to nothing. */
import * as Effect from "effect/Effect"
import type { HeldJob, NewJob, Operations } from "../../src/infra/jobs/store/operations.ts"
import { Memory, memoryTables } from "../../test/infra/jobs/memory-tables.ts"

/** The tables, and whether all of their jobs have ended. */
export const tablesInMemory = (): { readonly tables: Operations; readonly areEmpty: () => boolean } => {
  const waiting: Array<HeldJob> = []
  const held = new Map<string, HeldJob>()
  const tables: Operations = {
    ...memoryTables(new Memory()),
    insert: (jobs) =>
      Effect.sync(() => {
        waiting.push(...jobs.map(firstRunOf))
        return jobs.map(({ id }) => ({ id, isDuplicate: false }))
      }),
    claim: ({ most }) =>
      Effect.sync(() => {
        const jobs = waiting.splice(0, most)
        jobs.forEach((job) => held.set(job.id, job))
        return { jobs, againMs: undefined }
      }),
    end: (_, ends) => Effect.sync(() => ends.map(({ id }) => (held.delete(id) ? "written" : "lost"))),
    held: () => Effect.sync(() => Array.from(held.values()))
  }
  return { tables, areEmpty: () => waiting.length === 0 && held.size === 0 }
}

const firstRunOf = ({
  backoff,
  id,
  maxAttempts,
  payload,
  priority,
  timeoutMs,
  traceparent,
  tracestate,
  baggage,
  type
}: NewJob): HeldJob => ({
  id,
  run: 1,
  type,
  priority,
  payload,
  isStarted: true,
  attempt: 1,
  isRedelivered: false,
  acceptedAt: Date.now(),
  dueAt: Date.now(),
  ageMs: 1,
  dueMs: 1,
  deaths: 0,
  maxAttempts,
  timeoutMs,
  backoff,
  traceparent,
  tracestate,
  baggage,
  lastTraceparent: undefined,
  replayTraceparent: undefined
})

/** What callers do in a random program, and what they are told. */
import * as SqlClient from "@effect/sql/SqlClient"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import type { Jobs } from "../../../../src/infra/jobs.ts"
import type { Place } from "./audit.ts"
import type { Proxy } from "./proxy.ts"
import type { Call, Ending, Submission } from "./steps.ts"
import { Work } from "./work.ts"

/** What callers know of the jobs. */
export class Known {
  readonly ids: Array<string> = []
  /** Numbers of jobs that exist, and of jobs that never did, as the caller was told. */
  readonly accepted: Array<string> = []
  readonly refused: Array<number> = []
  next = 0
}

/** Who calls, and what it knows. */
export interface Caller {
  readonly jobs: Jobs
  readonly known: Known
}

/** Makes a call; its answer, or nothing where it failed. The ids that it gave are noted. */
export const make = ({ jobs, known }: Caller, call: Call): Effect.Effect<ReadonlyArray<string>> => {
  const id = (nth: number): string => known.ids.at(-1 - (nth % Math.max(1, known.ids.length))) ?? "none"
  const noted = (effect: Effect.Effect<ReadonlyArray<string>, unknown>) =>
    effect.pipe(
      Effect.tap((ids) => Effect.sync(() => known.ids.push(...ids))),
      Effect.catchAll(() => Effect.succeed([]))
    )
  switch (call._tag) {
    case "submit": {
      const payload = { behaviour: call.behaviour, n: (known.next += 1) }
      return noted(Effect.map(jobs.submit(Work, payload, optionsOf(call)), (made) => [made]))
    }
    case "submitMany": {
      const payloads = call.behaviours.map((behaviour) => ({ behaviour, n: (known.next += 1) }))
      const dedupeKey = call.isKeyed ? ({ behaviour }: { readonly behaviour: string }) => behaviour : undefined
      return noted(jobs.submitMany(Work, payloads, { dedupeKey }))
    }
    case "cancel":
      return noted(Effect.as(jobs.cancel(id(call.nth)), []))
    case "replay":
      return noted(Effect.as(jobs.deadLetters.replay(id(call.nth)), []))
    case "purge":
      return noted(
        Effect.as(
          Effect.zipRight(jobs.purgeFinished({ before: 8e15 }), jobs.deadLetters.purge({ jobType: "none" })),
          []
        )
      )
    case "pause":
      return noted(Effect.as(jobs.pause("work"), []))
    case "resume":
      return noted(Effect.as(jobs.resume("work"), []))
  }
}

const optionsOf = ({ dedupeKey, delayMs, maxAttempts, priority, timeoutMs, uniqueKey }: Submission) => ({
  priority,
  dedupeKey,
  unique: uniqueKey === undefined ? undefined : { key: uniqueKey, for: "200 millis" as const },
  delay: delayMs,
  maxAttempts,
  timeout: timeoutMs
})

/** Makes calls in one transaction. Where it is known what became of it, what that means is noted. */
export const transaction = (
  caller: Caller,
  { calls, ending }: { readonly calls: ReadonlyArray<Call>; readonly ending: Ending },
  proxy: Proxy | undefined
) =>
  Effect.gen(function* () {
    const sql = yield* SqlClient.SqlClient
    const { known } = caller
    const first = known.next + 1
    const ids: Array<string> = []
    const body = Effect.gen(function* () {
      for (const call of calls) {
        ids.push(...(yield* make(caller, call)))
      }
      switch (ending) {
        case "rollback":
          return yield* Effect.fail("rolled back")
        case "die":
          return yield* Effect.die("died")
        case "interrupt":
          return yield* Effect.interrupt
        case "commit":
          return yield* isWhole(sql)
        default:
          yield* isWhole(sql)
          yield* proxy === undefined ? Effect.void : proxy.lose(ending)
      }
    })
    const exit = yield* Effect.exit(sql.withTransaction(body))
    yield* proxy === undefined ? Effect.void : proxy.lose(undefined)
    if (Exit.isSuccess(exit)) {
      known.accepted.push(...ids)
    } else if (ending === "rollback" || ending === "die" || ending === "interrupt") {
      for (let n = first; n <= known.next; n += 1) {
        known.refused.push(n)
      }
    }
    return Exit.isFailure(exit) ? Cause.pretty(exit.cause) : undefined
  })

/** After a statement that the database refused, such as one of a deadlock, a commit rolls back and says nothing. */
const isWhole = (sql: SqlClient.SqlClient) => Effect.asVoid(sql`SELECT 1`)

/** What callers were told, and is not so: jobs that should exist and never did, and the other way round. */
export const liesOf = ({ name }: Place, { accepted, refused }: Known) =>
  Effect.gen(function* () {
    const sql = yield* SqlClient.SqlClient
    const rows = yield* sql.unsafe<{ readonly id: string; readonly payload: string }>(`
      SELECT a.job_id AS id, coalesce(j.payload, d.payload, '{}') AS payload FROM ${name("job_audit")} a
      LEFT JOIN ${name("jobs")} j ON j.id = a.job_id LEFT JOIN ${name("jobs_done")} d ON d.id = a.job_id
      WHERE a.fact = 'enqueued'`)
    const ids = new Set(rows.map(({ id }) => id))
    const numbers = new Set(rows.map(({ payload }): unknown => JSON.parse(payload).n))
    return [
      ...accepted.filter((id) => !ids.has(id)).map((id) => `${id} was accepted, and never was there`),
      ...refused.filter((n) => numbers.has(n)).map((n) => `number ${n} was rolled back, and is there`)
    ]
  })

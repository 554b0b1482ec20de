/**
 * How much the database reads for each operation of the store, while long queues stand there that the operation is not
 * about. The statements are the ones that the store sends, each explained just before it is made.
 */
import { expect } from "@effect/vitest"
import * as SqlClient from "@effect/sql/SqlClient"
import type { SqlError } from "@effect/sql/SqlError"
import * as Statement from "@effect/sql/Statement"
import * as Effect from "effect/Effect"
import { JobStore } from "../../../../src/infra/jobs/store.ts"
import type { OtherDatabase } from "../../../../src/infra/jobs/store/other-database.ts"
import type { Explain } from "./explain.ts"
import { completed, dead, failure, jobOf, lease, live, outside, requestOf } from "./databases.ts"

type Store = typeof JobStore.Service

/**
 * So many jobs of each: that wait, are delayed or suspect, that are paused, full or have no handler here, wait for a
 * full key, and that are done. Those that are in the way are due before those that are asked for.
 */
export const fill = (rows: number) =>
  Effect.gen(function* () {
    const sql = yield* SqlClient.SqlClient
    const store = yield* JobStore
    const numbers = sql.literal(`WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ${rows})`)
    const queues = [
      ["waiting", "t", 2, 100, "NULL", 0],
      ["delayed", "t", 0, 10_000_000_000_000, "NULL", 0],
      ["paused", "paused", 2, 10, "NULL", 0],
      ["unhandled", "unhandled", 2, 10, "NULL", 0],
      ["full", "limited", 2, 10, "'full'", 1],
      ["free", "limited", 2, 100, "'key ' || (i % 20)", 1]
    ] as const
    for (const [name, type, priority, due, key, isLimited] of queues) {
      yield* sql`
        ${numbers} INSERT INTO jobs (id, type, partition, priority, due_at, accepted_at, limit_key, is_limited, payload)
        SELECT ${sql.literal(`'${name} ' || i`)}, ${type}, i % 64, ${priority}, ${sql.literal(`${due} + i`)}, 1,
          ${sql.literal(key)}, ${isLimited}, ${"x".repeat(100)} FROM n`
    }
    for (const state of [2, 3, 4]) {
      yield* sql`
        ${numbers} INSERT INTO jobs_done (id, type, partition, priority, state, due_at, accepted_at, finished_at, payload)
        SELECT ${sql.literal(`'done ${state} ' || i`)}, CASE WHEN i % 2 = 0 THEN 't' ELSE 'u' END, 0, 2, ${state}, 1, 1,
          i, '1' FROM n`
    }
    yield* sql`
      ${numbers} INSERT INTO job_errors (job_id, run, attempt, failed_at, reason, message)
      SELECT 'done 4 ' || i, 1, 1, 1, 'r', 'm' FROM n`
    yield* sql`
      ${numbers} INSERT INTO job_unique (type, key, job_id, until)
      SELECT 't', 'key ' || i, 'done 4 ' || i, CASE WHEN i <= 50 THEN i ELSE 10000000000000 END FROM n`
    yield* live()
    yield* store.setPaused("paused", true)
    // What other runners hold.
    yield* live("other")
    yield* sql`UPDATE jobs SET state = 1, held_by = 'other', started_at = 1 WHERE id LIKE 'waiting 1__'`
    yield* sql`UPDATE jobs SET state = 1, held_by = 'other', started_at = 1 WHERE id = 'full 1'`
    // And much that this one holds.
    yield* sql`UPDATE jobs SET state = 1, held_by = 'me', started_at = 1 WHERE id LIKE 'waiting 5__' OR id LIKE 'waiting 10__'`
  })

const types = ["t", "paused", "v", "w"].map((type) => ({ type, most: 5 }))
const request = requestOf({ types, most: 5 })

const claimed = (store: Store) => Effect.map(store.claim(request), ({ jobs }) => jobs)

type Asked = Effect.Effect<unknown, SqlError | OtherDatabase>

/** Every operation, called so that each of its statements is sent. A new one has to be added: the type says so. */
const operations: { readonly [Operation in keyof Store]: ((store: Store) => Asked) | undefined } = {
  groupSize: undefined,
  hintChannel: undefined,
  ownHint: undefined,
  // These count what there is, and read as much of an index.
  depth: undefined,
  dead: undefined,
  countFinished: undefined,
  lives: undefined,
  waitingTypes: undefined,
  insert: ({ insert }) =>
    Effect.forEach(
      [
        [jobOf("new 1"), jobOf("new 2", { dedupeKey: "k", unique: { key: "k", forMs: 1000 } })],
        [jobOf("new 3", { dedupeKey: "k" }), jobOf("done 2 7")]
      ],
      (jobs) => insert(jobs, outside)
    ),
  isKnown: ({ isKnown }) => Effect.all([isKnown("waiting 3"), isKnown("done 4 3"), isKnown("none")]),
  cancel: ({ cancel }) => Effect.all([cancel("waiting 2", outside), cancel("none", outside)]),
  replay: ({ replay }) => Effect.all([replay("done 4 1", outside), replay("done 2 1", outside)]),
  traceparentByKey: ({ traceparentByKey }) =>
    Effect.all([traceparentByKey("t", "key 100"), traceparentByKey("t", "none")]),
  changed: ({ changed }) => Effect.all([changed("cancel", "done 3 1", "none"), changed("replay", "waiting 2", "none")]),
  purge: ({ purge }) =>
    Effect.all([
      purge({ state: "dead", ids: ["done 4 2", "done 4 3"] }),
      purge({ state: "dead", before: 20 }),
      purge({ state: "completed", type: "t", before: 20 })
    ]),
  finishedTypes: ({ finishedTypes }) => finishedTypes("dead"),
  purgeKeys: ({ purgeKeys }) => purgeKeys,
  setPaused: ({ setPaused }) => setPaused("v", false),
  paused: ({ paused }) => paused,
  begin: ({ begin }) => begin({ id: "me", name: "me", slots: 1 }),
  beat: ({ beat }) => beat({ id: "me", leaseMs: lease, slots: 1 }),
  finish: ({ finish }) => finish("none"),
  claim: ({ claim }) =>
    Effect.all([
      claim(request),
      claim({ ...request, owned: [1, 2] }),
      claim({ ...request, types: types.slice(1) }),
      claim({ ...request, types: types.slice(0, 1) }),
      claim({ ...request, owned: [1, 2], types: types.slice(0, 1) })
    ]),
  nextDue: ({ nextDue }) => nextDue(types.map(({ type }) => type)),
  claimLimited: ({ claimLimited }) =>
    Effect.forEach([{ concurrency: 4 }, { perKey: 1 }, { rate: { limit: 3, perMs: 1000 } }], (limits) =>
      claimLimited({ ...request, types: [{ type: "limited", most: 5 }] }, limits)
    ),
  claimSuspect: ({ claimSuspect }) => claimSuspect(request),
  start: (store) => Effect.flatMap(claimed(store), (jobs) => store.start("me", jobs, false)),
  acquit: (store) => Effect.flatMap(claimed(store), (jobs) => Effect.forEach(jobs, (job) => store.acquit("me", job))),
  progress: (store) =>
    Effect.flatMap(claimed(store), (jobs) => Effect.forEach(jobs, (job) => store.progress("me", job, 0.5, "half"))),
  end: (store) =>
    Effect.flatMap(claimed(store), (jobs) => {
      const settlements = [
        completed,
        dead,
        { _tag: "Retrying", failure, pauseMs: 1e12 } as const,
        { _tag: "Released" } as const
      ]
      const ends = jobs.flatMap((job, index) => {
        const settlement = settlements[index]
        return settlement === undefined ? [] : [{ ...job, settlement }]
      })
      expect(ends).toHaveLength(4)
      return Effect.zipRight(store.end("me", ends), store.end("me", ends))
    }),
  held: ({ held }) => held("me"),
  takeOver: (store) =>
    Effect.gen(function* () {
      yield* store.begin({ id: "gone", name: "gone", slots: 1 })
      yield* store.claim({ ...request, runnerId: "gone" })
      yield* store.finish("gone")
      yield* store.takeOver(lease, 5)
    }),
  takeUncounted: ({ takeUncounted }) => takeUncounted("me"),
  status: ({ status }) => Effect.all([status("waiting 3"), status("done 4 4")]),
  ending: ({ ending }) => Effect.all([ending("waiting 3"), ending("done 4 4")]),
  payload: ({ payload }) => payload("done 4 4"),
  page: ({ page }) =>
    Effect.all([
      page({ state: "ready", limit: 5 }),
      page({ state: "ready", limit: 5, type: "t", after: { at: 150, id: "waiting 50" } }),
      page({ state: "scheduled", limit: 5 }),
      page({ state: "running", limit: 5 }),
      page({ state: "dead", limit: 5 }),
      page({ state: "completed", limit: 5, type: "t", after: { at: 150, id: "done 2 150" } }),
      page({ state: "ready", limit: 5, order: "newest", type: "t", after: { at: 150, id: "waiting 50" } }),
      page({ state: "running", limit: 5, order: "newest" }),
      page({ state: "dead", limit: 5, order: "newest" })
    ]),
  now: ({ now }) => now,
  oldestWaiting: ({ oldestWaiting }) => oldestWaiting,
  oldestDead: ({ oldestDead }) => oldestDead
}

/** What is found wanting in the plans of each operation; nothing is expected. */
export const wanting = (explain: Explain) =>
  Effect.gen(function* () {
    const store = yield* JobStore
    const found: Record<string, ReadonlyArray<string>> = {}
    for (const [name, operation] of Object.entries(operations)) {
      const faults = operation === undefined ? [] : yield* faultsOf(explain, operation(store))
      if (faults.length > 0) {
        found[name] = faults
      }
    }
    return found
  })

/** What is found wanting in the plans of the statements that an operation sends. */
export const faultsOf = (explain: Explain, operation: Asked) =>
  Effect.gen(function* () {
    const sql = yield* SqlClient.SqlClient
    const faults: Array<string> = []
    let sent = 0
    yield* operation.pipe(
      Statement.withTransformer((statement) =>
        Effect.gen(function* () {
          const [text, values] = statement.compile()
          sent += 1
          faults.push(...(yield* Effect.orDie(Statement.withTransformerDisabled(explain(sql, text, values)))))
          return statement
        })
      )
    )
    expect(sent, "no statement was sent").toBeGreaterThan(0)
    return faults
  })

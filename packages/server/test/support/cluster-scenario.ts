/**
 * Real runners on one PostgreSQL, one of them ended by a signal midway, and what they counted beside what is true.
 * Nothing is asserted here: a test has the figures, whole.
 */
import { SqlClient } from "@effect/sql"
import { PgClient } from "@effect/sql-pg"
import { type ChildProcess, fork } from "node:child_process"
import { Cause, Effect, Fiber, Layer, Logger, LogLevel, Redacted, Schedule, type Scope } from "effect"
import { freePort } from "../../../../vitest.ports.ts"
import { NodeClusterSocket } from "../../src/infra/cluster.ts"
import * as Testing from "../../src/observe/testing.ts"
import { applicationName, type Command, createTables, type Export, Order, shards, timing } from "./orders.ts"
import { Postgres } from "./postgres.ts"
import { compiled } from "./programs.ts"

export interface Scenario {
  readonly name: string
  readonly runners: number
  readonly messages: number
  readonly signal: "SIGKILL" | "SIGTERM"
}

/** A runner process, and the last of its exports that was acknowledged. */
interface Runner {
  readonly index: number
  readonly process: ChildProcess
  last: Export | undefined
  hasEnded: boolean
  /** Its exports are not acknowledged any more: what it counts from here on is lost with it. */
  isCutOff: boolean
}

/** One scenario, as counted and as it was. */
export interface Outcome {
  readonly replies: number
  readonly arrivals: Both
  readonly completions: Both
  readonly redeliveries: Both
  /** Shards held by the runners that live, in the end; what the one that was ended reported last, if it could. */
  readonly shardsHeld: { readonly living: number; readonly ended: number | undefined; readonly configured: number }
  /** Runners whose gauge says other than the locks that they have in the database: with all of them, and in the end. */
  readonly misreported: ReadonlyArray<string>
  readonly backlog: { readonly writers: number; readonly messages: number }
  readonly leftovers: Readonly<Record<string, number>>
  readonly sent: number
  readonly recoverySeconds: number
}

/** What all last exports say, what the ended runner took with it, and what the truth says. */
interface Both {
  readonly counted: number
  readonly takenAlong: number
  readonly truth: number
}

export const play = (scenario: Scenario): Effect.Effect<Outcome, never, Postgres> =>
  Effect.gen(function* () {
    const url = yield* Effect.flatMap(Postgres, (server) => server.database(scenario.name))
    const runner = { url, program: yield* compiled(new URL("cluster-runner.ts", import.meta.url)) }
    const database = PgClient.layer({ url: Redacted.make(url), maxConnections: 6 })
    return yield* Effect.provide(
      played(scenario, runner),
      database.pipe(Layer.provideMerge(Testing.layer()), Layer.orDie)
    )
  }).pipe(Effect.scoped, Effect.orDie, Effect.provide(Logger.minimumLogLevel(LogLevel.Error)))

/** How many handlers of a runner that will be killed may end before its last export, and before it is killed. */
const handlersBefore = { export: 10, end: 20 } as const

/** What runners are made of: their program, and the database that they share. */
interface Making {
  readonly program: string
  readonly url: string
}

const played = ({ messages, runners: count, signal }: Scenario, making: Making) =>
  Effect.gen(function* () {
    const sql = yield* SqlClient.SqlClient
    yield* createTables
    // The first one makes the tables and has all shards, and gives of them to the others.
    const first = yield* start(making, 0)
    yield* untilEffect(
      "the first runner has all shards",
      Effect.map(locks(sql, [first]), (found) => total(found) === shards)
    )
    const others = yield* Effect.forEach(
      Array.from({ length: count - 1 }, (_, index) => index + 1),
      (index) => start(making, index)
    )
    const runners = [first, ...others]
    yield* untilEffect(
      "each runner has shards, and none is left over",
      Effect.map(locks(sql, runners), (found) => found.every((count) => count > 0) && total(found) === shards)
    )
    const misreportedByAll = yield* misreported(sql, runners)
    const clients = NodeClusterSocket.layer({ clientOnly: true, shardingConfig: timing })
    const victim = runners[1] ?? runners[0]
    if (victim === undefined) {
      return yield* Effect.dieMessage("a scenario has runners")
    }
    if (signal === "SIGKILL") {
      // It keeps most of what it is handed, however far the others are when it is killed.
      tell(victim, { _tag: "HoldAfter", handlers: handlersBefore.export })
    }
    const context = yield* Layer.build(clients)
    const order = yield* Effect.provide(Order.client, context)
    const replies = yield* Effect.fork(
      Effect.forEach(
        Array.from({ length: messages }, (_, n) => n),
        // A runner that stops interrupts the callers that wait for it: they ask again, and are answered from storage.
        (n) =>
          Effect.sandbox(order(`order-${n % 400}`).Process({ n })).pipe(
            Effect.retry({ while: Cause.isInterruptedOnly, schedule: Schedule.spaced("100 millis"), times: 600 })
          ),
        { concurrency: 100 }
      )
    )
    const rows = (table: "arrived" | "done", which = sql`TRUE`) =>
      Effect.map(
        sql<{ count: number }>`SELECT COUNT(*)::INT AS count FROM ${sql(table)} WHERE ${which}`,
        ([row]) => row?.count ?? 0
      )
    if (signal === "SIGTERM") {
      yield* untilEffect(
        "half of the work is done",
        Effect.map(rows("done"), (done) => done >= messages / 2)
      )
    } else {
      const ofVictim = sql`runner = ${victim.index}`
      yield* untilEffect(
        "an export tells what the victim has done",
        Effect.gen(function* () {
          const done = yield* rows("done", ofVictim)
          return done === handlersBefore.export && (yield* rows("done", lostOf(sql, victim))) === 0
        })
      )
      victim.isCutOff = true
      tell(victim, { _tag: "HoldAfter", handlers: handlersBefore.end })
      yield* untilEffect(
        "the victim counts what will be lost",
        Effect.map(rows("done", ofVictim), (done) => done === handlersBefore.end)
      )
      yield* stable("what the victim was handed", rows("arrived", ofVictim))
    }
    const endedAt = performance.now()
    yield* end(victim, signal)
    const living = runners.filter((runner) => runner !== victim)
    yield* untilEffect(
      "the others have all shards",
      Effect.map(locks(sql, living), (found) => total(found) === shards)
    ).pipe(Effect.tapErrorCause(() => Effect.sync(() => console.error(living.map(({ last }) => last)))))
    const recoverySeconds = (performance.now() - endedAt) / 1000
    const misreportedByLiving = yield* misreported(sql, living)
    const answers = yield* Fiber.join(replies).pipe(
      // Were messages interrupted for good (kind 2), or do answers not come?
      Effect.tapErrorCause(() =>
        Effect.flatMap(
          sql`SELECT kind, processed, COUNT(*)::INT AS count FROM cluster_messages GROUP BY 1, 2 ORDER BY 1, 2`,
          (found) => Effect.sync(() => console.error("messages by kind", found))
        )
      )
    )
    yield* Effect.sleep("2500 millis")

    const lost = lostOf(sql, victim)
    const repeated = yield* sql<{ count: number }>`SELECT (COUNT(*) - COUNT(DISTINCT n))::INT AS count FROM arrived`
    const sum = (name: string, which = "") => runners.reduce((total, runner) => total + valueOf(runner, name, which), 0)
    const clientSide = yield* Testing.snapshot
    return {
      replies: new Set(answers).size,
      arrivals: {
        counted: sum("cluster_messages_received_total"),
        takenAlong: yield* rows("arrived", lost),
        truth: yield* rows("arrived")
      },
      completions: {
        counted: sum("cluster_message_processing_seconds", "") - sum("cluster_message_processing_seconds", "outcome"),
        takenAlong: yield* rows("done", lost),
        truth: yield* rows("done")
      },
      redeliveries: {
        counted: sum("cluster_redeliveries_total"),
        takenAlong: 0,
        truth: repeated[0]?.count ?? 0
      },
      shardsHeld: {
        living: held(living),
        ended: victim.last?.isFinal === true ? valueOf(victim, "cluster_shards_held") : undefined,
        configured: shards
      },
      misreported: [...misreportedByAll, ...misreportedByLiving],
      backlog: {
        writers: living.filter(
          (runner) => runner.last?.snapshot["cluster_message_backlog_oldest_age_seconds"] !== undefined
        ).length,
        messages: living.reduce((total, runner) => total + valueOf(runner, "cluster_message_backlog"), 0)
      },
      leftovers: Object.fromEntries(
        living
          .concat(signal === "SIGTERM" ? [victim] : [])
          .flatMap((runner) =>
            ["cluster_mailbox_depth", "cluster_messages_in_flight"].map(
              (name) => [`${runner.index} ${name}`, valueOf(runner, name)] as const
            )
          )
          .concat(
            signal === "SIGTERM"
              ? [[`${victim.index} cluster_entities_active`, valueOf(victim, "cluster_entities_active")]]
              : []
          )
          .filter(([, value]) => value !== 0)
      ),
      sent: Object.entries(clientSide)
        .filter(([text]) => text.startsWith("cluster_messages_sent_total"))
        .reduce((total, [, value]) => total + (typeof value === "number" ? value : 0), 0),
      recoverySeconds: Math.round(recoverySeconds * 10) / 10
    }
  })

/** The advisory locks that each runner has, as the server knows them. */
const locks = (sql: SqlClient.SqlClient, runners: ReadonlyArray<Runner>) =>
  Effect.map(
    sql<{ application: string; count: number }>`
      SELECT application_name AS application, COUNT(*)::INT AS count FROM pg_locks JOIN pg_stat_activity USING (pid)
      WHERE locktype = 'advisory' AND granted GROUP BY 1`,
    (rows) => runners.map(({ index }) => rows.find((row) => row.application === applicationName(index))?.count ?? 0)
  )

/** Where gauge and locks still differ when an export and a refresh of locks had their time. */
const misreported = (sql: SqlClient.SqlClient, runners: ReadonlyArray<Runner>) =>
  Effect.map(locks(sql, runners), (found) =>
    runners.flatMap((runner, at) => {
      const reported = valueOf(runner, "cluster_shards_held")
      return reported === found[at] ? [] : [`runner ${runner.index} reports ${reported} shards and has ${found[at]}`]
    })
  ).pipe(Effect.zipLeft(Effect.sleep("200 millis")), Effect.repeat({ until: (found) => found.length === 0, times: 75 }))

const total = (counts: ReadonlyArray<number>): number => counts.reduce((sum, count) => sum + count, 0)

const lostOf = (sql: SqlClient.SqlClient, { index, last }: Runner) =>
  sql`runner = ${index} AND export > ${last?.seq ?? 0}`

const start = ({ program, url }: Making, index: number): Effect.Effect<Runner, never, Scope.Scope> =>
  Effect.acquireRelease(
    Effect.promise(async () => {
      const process_ = fork(program, [url, String(await freePort()), String(index)], {
        execArgv: [],
        stdio: ["ignore", "inherit", "inherit", "ipc"]
      })
      const runner: Runner = { index, process: process_, last: undefined, hasEnded: false, isCutOff: false }
      process_.once("exit", () => (runner.hasEnded = true))
      process_.on("message", (message: Export) => {
        if (!runner.isCutOff) {
          runner.last = message
          tell(runner, { _tag: "Acknowledged", seq: message.seq })
        }
      })
      return runner
    }),
    (runner) => end(runner, "SIGKILL")
  )

const tell = (runner: Runner, command: Command): void => {
  if (!runner.hasEnded && runner.process.connected) {
    runner.process.send(command)
  }
}

const end = (runner: Runner, signal: Scenario["signal"]): Effect.Effect<void> =>
  Effect.zipRight(
    Effect.sync(() => runner.process.kill(signal)),
    until(`runner ${runner.index} has ended`, () => runner.hasEnded)
  )

const valueOf = (runner: Runner, name: string, which = ""): number =>
  Object.entries(runner.last?.snapshot ?? {})
    .filter(([text]) => (text === name || text.startsWith(`${name}{`)) && text.includes(which))
    .reduce((total, [, value]) => total + (typeof value === "number" ? value : value.count), 0)

const held = (runners: ReadonlyArray<Runner>): number =>
  runners.reduce((total, runner) => total + valueOf(runner, "cluster_shards_held"), 0)

const until = (what: string, isSo: () => boolean): Effect.Effect<void> => untilEffect(what, Effect.sync(isSo))

const untilEffect = <E, R>(what: string, isSo: Effect.Effect<boolean, E, R>): Effect.Effect<void, never, R> =>
  Effect.repeat(Effect.zipLeft(isSo, Effect.sleep("20 millis")), { until: (so) => so }).pipe(
    Effect.timeoutFail({ duration: "90 seconds", onTimeout: () => new Error(`in vain: ${what}`) }),
    Effect.orDie,
    Effect.asVoid
  )

const stable = <E, R>(what: string, value: Effect.Effect<number, E, R>): Effect.Effect<void, never, R> => {
  let last = -1
  let since = performance.now()
  return untilEffect(
    `${what} stays`,
    Effect.map(value, (now) => {
      if (now !== last) {
        last = now
        since = performance.now()
      }
      return performance.now() - since > 2500
    })
  )
}

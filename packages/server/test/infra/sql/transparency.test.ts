/** Random programs on two equal databases, one of them watched: same rows, same errors, same effects, in the same order. */
import { PgClient } from "@effect/sql-pg"
import * as SqlClient from "@effect/sql/SqlClient"
import { expect, it } from "@effect/vitest"
import { Cause, Chunk, Context, Effect, Exit, FiberRefs, Layer, Redacted, Runtime, Stream } from "effect"
import * as fc from "effect/FastCheck"
import * as TestServices from "effect/TestServices"
import { SqlMetrics } from "../../../src/infra/sql.ts"
import * as Testing from "../../../src/observe/testing.ts"
import { Postgres } from "../../support/postgres.ts"
import { active } from "./recorded.ts"

type End = "commit" | "fail" | "die" | "interrupt"

type Step =
  | { readonly step: "insert" | "in" | "values" | "raw" | "unsafe" | "stream" | "take" | "plain"; readonly n: number }
  | { readonly step: "wrong" | "divide" | "context" }
  | { readonly step: "transaction"; readonly steps: ReadonlyArray<Step>; readonly end: End }

const n = fc.integer({ min: 0, max: 4 })
const { program } = fc.letrec<{ program: ReadonlyArray<Step>; step: Step }>((tie) => ({
  step: fc.oneof(
    { depthSize: "small", withCrossShrink: true },
    fc.record({
      step: fc.constantFrom("insert", "in", "values", "raw", "unsafe", "stream", "take", "plain"),
      n
    }),
    fc.record({ step: fc.constantFrom("wrong", "divide", "context") }),
    fc.record({
      step: fc.constant("transaction"),
      steps: tie("program"),
      end: fc.constantFrom("commit", "fail", "die", "interrupt")
    })
  ) as fc.Arbitrary<Step>,
  program: fc.array(tie("step"), { maxLength: 5 })
}))

const run = (sql: SqlClient.SqlClient, steps: ReadonlyArray<Step>, log: Array<unknown>): Effect.Effect<void, unknown> =>
  Effect.forEach(steps, (step) => said(one(sql, step, log), log), { discard: true })

const said = <A, E>(effect: Effect.Effect<A, E>, log: Array<unknown>): Effect.Effect<void> =>
  Effect.map(Effect.exit(effect), (exit) => void log.push(told(exit)))

const told = (exit: Exit.Exit<unknown, unknown>): unknown =>
  Exit.match(exit, {
    onSuccess: (value) => value,
    onFailure: (cause) => {
      const squashed = Cause.squash(cause)
      const code =
        squashed instanceof Error && squashed.cause instanceof Error ? Reflect.get(squashed.cause, "code") : ""
      return `${cause._tag} ${String(squashed).replaceAll(/#\d+/g, "#")} ${code} ${Cause.isInterrupted(cause)}`
    }
  })

const ending = (end: End): Effect.Effect<string, string> => {
  switch (end) {
    case "commit":
      return Effect.succeed("committed")
    case "fail":
      return Effect.fail("failed")
    case "die":
      return Effect.die(new Error("died"))
    case "interrupt":
      return Effect.interrupt
  }
}

const one = (sql: SqlClient.SqlClient, step: Step, log: Array<unknown>): Effect.Effect<unknown, unknown> => {
  switch (step.step) {
    case "insert":
      return sql`INSERT INTO numbers ${sql.insert({ n: step.n }).returning("*")}`
    case "in":
      return sql`SELECT * FROM numbers WHERE ${sql.in("n", [step.n, 2])} ORDER BY n`
    case "values":
      return sql`SELECT n, n + ${step.n}::INT FROM numbers ORDER BY n`.values
    case "raw":
      return Effect.map(sql`DELETE FROM numbers WHERE n = ${step.n}`.raw, (result) =>
        Reflect.get(Object(result), "rowCount")
      )
    case "unsafe":
      return sql.unsafe("UPDATE numbers SET n = n + 1 WHERE n > $1", [step.n])
    case "plain":
      return sql.withoutTransforms()`SELECT count(*)::INT AS "howMany" FROM numbers WHERE n > ${step.n}`
    case "stream":
      return Stream.runCollect(
        sql`SELECT * FROM generate_series(1, ${step.n * 100}) AS i`.stream.pipe(Stream.chunks, Stream.map(Chunk.size))
      )
    case "take":
      return Stream.runCollect(Stream.take(sql`SELECT * FROM generate_series(1, 500) AS i`.stream, step.n))
    case "wrong":
      return sql`SELECT * FROM`
    case "divide":
      return Stream.runCollect(sql`SELECT 1 / (200 - i) FROM generate_series(1, 300) AS i`.stream)
    case "context":
      return Effect.map(
        sql.withTransaction(Effect.all([Effect.context<never>(), Effect.getFiberRefs])),
        ([context, refs]) => [
          Array.from(context.unsafeMap.keys()).sort(),
          FiberRefs.fiberRefs(refs).pipe((all) => Array.from(all).length),
          Context.getOption(context, SqlClient.TransactionConnection)._tag
        ]
      )
    case "transaction":
      return sql.withTransaction(Effect.zipRight(run(sql, step.steps, log), ending(step.end)))
  }
}

const outcome = (sql: SqlClient.SqlClient, steps: ReadonlyArray<Step>) =>
  Effect.gen(function* () {
    yield* sql`TRUNCATE numbers`
    const log: Array<unknown> = []
    yield* run(sql, steps, log)
    return [log, yield* sql`SELECT * FROM numbers ORDER BY n`]
  })

it.layer(Postgres.layer, { timeout: "1 minute" })("on PostgreSQL", (it) => {
  const transform = { transformQueryNames: (name: string) => name, transformResultNames: (name: string) => `${name}!` }
  const client = (name: string) =>
    Layer.fresh(
      Layer.unwrapEffect(
        Effect.map(
          Effect.flatMap(Postgres, (server) => server.database(name)),
          (connectionString) =>
            PgClient.layer({ url: Redacted.make(connectionString), maxConnections: 2, ...transform })
        )
      )
    )

  it.scoped("a watched client does what one does that is not", () =>
    Effect.gen(function* () {
      const plain = yield* Effect.map(Layer.build(client("transparent_plain")), Context.get(SqlClient.SqlClient))
      const metrics = yield* Layer.build(Testing.layer())
      const watched = yield* Effect.map(
        Layer.build(SqlMetrics.layer().pipe(Layer.provide(client("transparent_watched")))),
        Context.get(SqlClient.SqlClient)
      ).pipe(Effect.provide(metrics))
      const create = (sql: SqlClient.SqlClient) => sql`CREATE TABLE numbers (n INT PRIMARY KEY)`
      yield* Effect.all([create(plain), create(watched)])
      const runPromise = Runtime.runPromise(yield* Effect.runtime<never>())
      yield* Effect.promise(() =>
        fc.assert(
          fc.asyncProperty(program, async (steps) => {
            expect(await runPromise(outcome(watched, steps))).toEqual(await runPromise(outcome(plain, steps)))
          }),
          { numRuns: 60 }
        )
      )
      expect(yield* active.pipe(Effect.provide(metrics))).toEqual({})
    }).pipe(TestServices.provideLive)
  )
})

/**
 * A runner in a process of its own. It exports what its metrics say to its parent, again and again and once more after
 * its last layer has closed, and waits for the acknowledgement before the next export begins.
 */
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import { RunnerAddress } from "@effect/cluster/RunnerAddress"
import { PgClient } from "@effect/sql-pg"
import { SqlClient } from "@effect/sql"
import { Deferred, Effect, Layer, Logger, LogLevel, Option, Redacted } from "effect"
import { NodeClusterSocket } from "../../src/infra/cluster.ts"
import * as Testing from "../../src/observe/testing.ts"
import { applicationName, type Command, type Export, Order, timing } from "./orders.ts"

const [url = "", port = "0", index = "0"] = process.argv.slice(2)
const runner = Number(index)

/** The export that comes next: what is counted now is in it. */
let next = 1
/** How many handlers have begun, and how many may end: the others hold what they were given. */
let begun = 0
let limit = Number.POSITIVE_INFINITY
/** Handlers between the row that says they are done and the metric that counts them: an export waits for them. */
let finishing = 0
const acknowledged = new Map<number, Deferred.Deferred<void>>()

process.on("message", (command: Command) => {
  if (command._tag === "HoldAfter") {
    limit = command.handlers
  } else {
    const waiting = acknowledged.get(command.seq)
    if (waiting !== undefined) {
      Deferred.unsafeDone(waiting, Effect.void)
    }
  }
})

const OrderLive = Order.toLayer(
  Effect.gen(function* () {
    const sql = yield* SqlClient.SqlClient
    return Order.of({
      Process: ({ payload: { n } }) => {
        // The same step as the one that counts the arrival: both belong to the same export.
        const arrivedIn = next
        begun += 1
        const place = begun
        const arrival = Effect.runFork(
          Effect.orDie(sql`INSERT INTO arrived ${sql.insert({ n, runner, export: arrivedIn })}`)
        )
        return Effect.gen(function* () {
          yield* arrival
          yield* Effect.repeat(Effect.sleep("5 millis"), { while: () => place > limit })
          yield* Effect.acquireUseRelease(
            Effect.sync(() => (finishing += 1)),
            () => sql`INSERT INTO done ${sql.insert({ n, runner, export: next })}`,
            // The metric moves right after, in the same step of the fiber or soon after it.
            () => Effect.sync(() => setTimeout(() => (finishing -= 1), 20))
          )
          return n
        }).pipe(Effect.orDie)
      }
    })
  }),
  { concurrency: 4 }
)

const send = (message: Export) =>
  Effect.async<void>((resume) => void process.send?.(message, () => resume(Effect.void)))

const exportOnce = (isFinal: boolean) =>
  Effect.gen(function* () {
    yield* Effect.repeat(Effect.sleep("2 millis"), { while: () => finishing > 0 })
    const snapshot = yield* Effect.flatMap(Testing.snapshot, (taken) =>
      Effect.sync(() => {
        const seq = next
        next += 1
        return { seq, isFinal, snapshot: taken }
      })
    )
    const answer = yield* Deferred.make<void>()
    acknowledged.set(snapshot.seq, answer)
    yield* send(snapshot)
    yield* Deferred.await(answer)
  })

const cluster = NodeClusterSocket.layer({
  shardingConfig: {
    ...timing,
    runnerAddress: Option.some(RunnerAddress.make({ host: "127.0.0.1", port: Number(port) })),
    runnerListenAddress: Option.none()
  },
  metrics: { backlog: { every: "1 second" } }
})

const program = Effect.scoped(
  Effect.zipRight(
    Layer.build(
      OrderLive.pipe(
        Layer.provide(cluster),
        Layer.provide(
          PgClient.layer({ url: Redacted.make(url), maxConnections: 12, applicationName: applicationName(runner) })
        )
      )
    ),
    Effect.forever(Effect.zipRight(Effect.sleep("1 second"), exportOnce(false)))
  )
).pipe(
  // After the last finalizer of the cluster: what its shutdown counted is in this one.
  Effect.ensuring(exportOnce(true)),
  Effect.provide(Testing.layer()),
  Effect.provide(Logger.minimumLogLevel(LogLevel.Warning))
)

NodeRuntime.runMain(program, { disablePrettyLogger: true })

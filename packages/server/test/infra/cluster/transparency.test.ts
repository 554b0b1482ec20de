/** A scripted program with and without the decorator of `Sharding`: the same events in the same order. */
import { MailboxFull } from "@effect/cluster/ClusterError"
import * as ClusterSchema from "@effect/cluster/ClusterSchema"
import * as DeliverAt from "@effect/cluster/DeliverAt"
import * as Entity from "@effect/cluster/Entity"
import * as MessageStorage from "@effect/cluster/MessageStorage"
import type * as Sharding from "@effect/cluster/Sharding"
import * as Singleton from "@effect/cluster/Singleton"
import * as Rpc from "@effect/rpc/Rpc"
import { expect, it } from "@effect/vitest"
import {
  Cause,
  Clock,
  Context,
  DateTime,
  Deferred,
  Effect,
  Exit,
  Fiber,
  FiberRef,
  Layer,
  Logger,
  LogLevel,
  Mailbox,
  PrimaryKey,
  Schema,
  Stream,
  TestClock
} from "effect"
import * as Testing from "../../../src/observe/testing.ts"
import { asMessages, noMessages } from "./as-messages.ts"
import { config, leftovers, plainRunner, settle, watchedRunner } from "./test-cluster.ts"

class Refused extends Schema.TaggedError<Refused>()("Refused", { n: Schema.Number }) {}

class Later extends Schema.Class<Later>("Later")({ id: Schema.String, at: Schema.DateTimeUtc }) {
  [PrimaryKey.symbol]() {
    return this.id
  }
  [DeliverAt.symbol]() {
    return this.at
  }
}

const n = { n: Schema.Number }

const Scripted = Entity.make("Scripted", [
  Rpc.make("Add", { payload: n, success: Schema.Number, error: Refused }),
  Rpc.make("Slow", { payload: n, success: Schema.Number }),
  Rpc.make("SlowUninterruptible", { payload: n, success: Schema.Number }),
  Rpc.make("Forked", { payload: n, success: Schema.Number }),
  Rpc.make("Stubborn", { payload: n, success: Schema.Number }),
  Rpc.make("Kept", { payload: n, success: Schema.Number, primaryKey: ({ n }) => `kept-${n}` }).annotate(
    ClusterSchema.Persisted,
    true
  ),
  Rpc.make("KeptSlow", { payload: n, success: Schema.Number, primaryKey: ({ n }) => `slow-${n}` }).annotate(
    ClusterSchema.Persisted,
    true
  ),
  Rpc.make("KeptUninterruptible", { payload: n, success: Schema.Number })
    .annotate(ClusterSchema.Persisted, true)
    .annotate(ClusterSchema.Uninterruptible, true),
  Rpc.make("Later", { payload: Later }).annotate(ClusterSchema.Persisted, true),
  Rpc.make("Count", { payload: n, success: Schema.Number, error: Refused, stream: true }),
  Rpc.make("KeptCount", { payload: n, success: Schema.Number, stream: true }).annotate(ClusterSchema.Persisted, true),
  Rpc.make("Boxed", { payload: n, success: Schema.Number, stream: true }),
  Rpc.make("DieOnce", { payload: n, success: Schema.Number }),
  Rpc.make("ThrowOnce", { payload: n, success: Schema.Number }),
  Rpc.make("BreakOnce", { payload: n, success: Schema.Number, stream: true })
])

const Lenient = Entity.make("Lenient", [Rpc.make("Die", { payload: n })])

const Boxes = Entity.make("Boxes", [Rpc.make("Put", { payload: n, success: Schema.Number, error: Refused })])

const Narrow = Entity.make("Narrow", [Rpc.make("Wait", { payload: n })])

class Log extends Context.Tag("test/Log")<Log, { readonly add: (event: string) => Effect.Effect<void> }>() {}

const say = (event: string) => Effect.flatMap(Log, (log) => log.add(event))

const said = <A, E, R>(name: string, effect: Effect.Effect<A, E, R>) =>
  say(`${name} starts`).pipe(
    Effect.zipRight(effect),
    Effect.onExit((exit) => say(`${name} ends: ${describe(exit)}`))
  )

const describe = (exit: Exit.Exit<unknown, unknown>): string =>
  Exit.match(exit, {
    onSuccess: (value) => `success ${JSON.stringify(value)}`,
    onFailure: (cause) =>
      Cause.isInterruptedOnly(cause) ? "interrupted" : (Cause.pretty(cause).split("\n")[0] ?? "nothing")
  })

const scriptedLive = Scripted.toLayer(
  Effect.gen(function* () {
    const address = yield* Entity.CurrentAddress
    const id = `${address.entityId}`
    yield* say(`${id} built`)
    yield* Effect.addFinalizer(() => say(`${id} gone`))
    let hasDied = false
    const once = () => {
      const before = hasDied
      hasDied = true
      return !before && !died.has(id)
    }
    const slow = (name: string, n: number) => said(`${id} ${name}(${n})`, Effect.as(Effect.sleep(1000), n))
    return Scripted.of({
      Add: ({ payload: { n } }) =>
        said(`${id} Add(${n})`, n < 0 ? Effect.fail(new Refused({ n })) : Effect.succeed(n + 1)),
      Slow: ({ payload: { n } }) => slow("Slow", n),
      SlowUninterruptible: ({ payload: { n } }) => Rpc.uninterruptible(slow("SlowUninterruptible", n)),
      Forked: ({ payload: { n } }) => Rpc.fork(slow("Forked", n)),
      Stubborn: ({ payload: { n } }) => Effect.uninterruptible(slow("Stubborn", n)),
      Kept: ({ payload: { n } }) => said(`${id} Kept(${n})`, Effect.succeed(n * 2)),
      KeptSlow: ({ payload: { n } }) => slow("KeptSlow", n),
      KeptUninterruptible: ({ payload: { n } }) => slow("KeptUninterruptible", n),
      Later: ({ payload }) => said(`${id} Later(${payload.id})`, Effect.void),
      Count: ({ payload: { n } }) =>
        Stream.range(1, Math.abs(n)).pipe(
          Stream.rechunk(2),
          Stream.tap((i) => say(`${id} Count(${n}) emits ${i}`)),
          Stream.concat(n < 0 ? Stream.fail(new Refused({ n })) : Stream.empty),
          Stream.ensuring(say(`${id} Count(${n}) closed`))
        ),
      KeptCount: (request) =>
        Stream.range(request.nextSequence + 1, request.payload.n).pipe(
          Stream.rechunk(1),
          Stream.tap((i) => say(`${id} KeptCount emits ${i}`))
        ),
      Boxed: ({ payload: { n } }) =>
        Effect.gen(function* () {
          const box = yield* Mailbox.make<number>()
          yield* Effect.addFinalizer((exit) => say(`${id} Boxed closed: ${describe(exit)}`))
          yield* Effect.forkScoped(
            Effect.zipRight(box.offerAll([n, n + 1]), Effect.zipRight(Effect.sleep(10), box.end))
          )
          return box
        }),
      DieOnce: ({ payload: { n } }) =>
        said(
          `${id} DieOnce(${n})`,
          once() ? Effect.sync(() => died.add(id)).pipe(Effect.zipRight(Effect.die("dead"))) : Effect.succeed(n)
        ),
      ThrowOnce: ({ payload: { n } }) => {
        if (once()) {
          died.add(id)
          throw new Error("thrown")
        }
        return said(`${id} ThrowOnce(${n})`, Effect.succeed(n))
      },
      BreakOnce: (request) => {
        const breaks = once()
        return Stream.range(request.nextSequence + 1, request.payload.n).pipe(
          Stream.rechunk(1),
          Stream.tap((i) => say(`${id} BreakOnce emits ${i}`)),
          Stream.tap((i) =>
            breaks && i === 2
              ? Effect.zipRight(
                  Effect.sync(() => died.add(id)),
                  Effect.die("broken")
                )
              : Effect.void
          )
        )
      }
    })
  }),
  { maxIdleTime: 10_000 }
)

let died = new Set<string>()

const others = Layer.mergeAll(
  Lenient.toLayer(
    { Die: ({ payload: { n } }) => said(`Lenient Die(${n})`, Effect.die("lenient")) },
    { disableFatalDefects: true }
  ),
  Boxes.toLayerMailbox((mailbox, replier) =>
    Effect.forever(
      Effect.flatMap(mailbox.take, (request) =>
        said(
          `Boxes ${request.payload.n}`,
          request.payload.n < 0
            ? replier.fail(request, new Refused({ n: request.payload.n }))
            : replier.succeed(request, request.payload.n)
        )
      )
    ).pipe(Effect.orDie)
  ),
  Narrow.toLayer(
    { Wait: ({ payload: { n } }) => said(`Narrow Wait(${n})`, Effect.sleep(1000)) },
    { mailboxCapacity: 2 }
  ),
  Singleton.make("Alone", said("Alone", Effect.never)),
  Singleton.make("Brief", said("Brief", Effect.void))
)

const firstLife = Effect.gen(function* () {
  const scripted = yield* Scripted.client
  const lenient = yield* Lenient.client
  const boxes = yield* Boxes.client
  const narrow = yield* Narrow.client
  const a = scripted("a")
  const report = (name: string, exit: Exit.Exit<unknown, unknown>) => say(`${name} -> ${describe(exit)}`)
  const call = <A, E, R>(name: string, effect: Effect.Effect<A, E, R>) =>
    Effect.gen(function* () {
      const fiber = yield* Effect.fork(effect)
      yield* settle
      yield* TestClock.adjust(2500)
      yield* settle
      yield* report(name, yield* Fiber.await(fiber))
    })
  const interrupting = <A, E, R>(name: string, effects: ReadonlyArray<Effect.Effect<A, E, R>>) =>
    Effect.gen(function* () {
      const fibers = yield* Effect.forEach(effects, Effect.fork)
      yield* settle
      yield* Effect.forEach(fibers.toReversed(), (fiber, index) =>
        Effect.gen(function* () {
          const interruption = yield* Effect.fork(Fiber.interrupt(fiber))
          yield* settle
          yield* TestClock.adjust(2000)
          yield* settle
          yield* report(`${name} ${index}`, yield* Fiber.join(interruption))
        })
      )
    })

  yield* call("Add", a.Add({ n: 1 }))
  yield* call("Add fails", a.Add({ n: -1 }))
  yield* call("Forked", Effect.all([a.Forked({ n: 1 }), a.Forked({ n: 2 })], { concurrency: "unbounded" }))
  yield* call("Slow", Effect.all([a.Slow({ n: 1 }), a.Slow({ n: 2 })], { concurrency: "unbounded" }))
  yield* call("discard", a.Add({ n: 5 }, { discard: true }))
  yield* interrupting("Slow", [a.Slow({ n: 3 }), a.Slow({ n: 4 }), a.Slow({ n: 5 })])
  yield* interrupting("SlowUninterruptible", [a.SlowUninterruptible({ n: 6 }), a.SlowUninterruptible({ n: 7 })])
  yield* interrupting("Stubborn", [a.Stubborn({ n: 8 }), a.Stubborn({ n: 9 })])
  yield* interrupting("Forked", [a.Forked({ n: 10 })])

  yield* call("Kept", a.Kept({ n: 1 }))
  yield* call("Kept again", a.Kept({ n: 1 }))
  yield* call("Kept discard", a.Kept({ n: 2 }, { discard: true }))
  yield* interrupting("KeptSlow", [a.KeptSlow({ n: 3 }), a.KeptSlow({ n: 4 })])
  yield* interrupting("KeptUninterruptible", [a.KeptUninterruptible({ n: 3 })])
  const at = DateTime.unsafeMake((yield* Clock.currentTimeMillis) + 1500)
  yield* call("Later", a.Later(new Later({ id: "one", at })))

  yield* call("Count", Stream.runCollect(a.Count({ n: 5 })))
  yield* call("Count fails", Stream.runCollect(a.Count({ n: -3 })))
  yield* call("Count cut short", Stream.runCollect(Stream.take(a.Count({ n: 9 }), 3)))
  yield* call(
    "Count as mailbox",
    Effect.scoped(Effect.flatMap(a.Count({ n: 3 }, { asMailbox: true }), (box) => box.takeAll))
  )
  yield* call("KeptCount", Stream.runCollect(a.KeptCount({ n: 3 })))
  yield* call("Boxed", Stream.runCollect(a.Boxed({ n: 3 })))
  yield* interrupting("streams", [Stream.runCollect(a.Count({ n: 4 })), Stream.runCollect(a.Boxed({ n: 7 }))])
  yield* interrupting("a stream queued", [a.Slow({ n: 11 }), Effect.asVoid(Stream.runCollect(a.Count({ n: 2 })))])

  yield* call(
    "DieOnce",
    Effect.all([scripted("b").DieOnce({ n: 1 }), scripted("b").Add({ n: 2 })], { concurrency: "unbounded" })
  )
  yield* call("ThrowOnce", scripted("c").ThrowOnce({ n: 1 }))
  yield* call("BreakOnce", Stream.runCollect(scripted("d").BreakOnce({ n: 3 })))
  yield* call("Die leniently", lenient("a").Die({ n: 1 }))
  yield* call("Put", boxes("a").Put({ n: 1 }))
  yield* call("Put fails", boxes("a").Put({ n: -1 }))
  yield* call(
    "mailbox full",
    Effect.forEach([1, 2, 3], (n) => Effect.exit(narrow("a").Wait({ n })), { concurrency: "unbounded" }).pipe(
      Effect.map((exits) => exits.map(describe)),
      Effect.tap((exits) => Effect.sync(() => expect(exits[2]).toContain(MailboxFull.name)))
    )
  )
  yield* call(
    "bad payload",
    Effect.suspend(() => a.Add({ n: Number.NaN }))
  )

  const tagged = yield* FiberRef.get(FiberRef.currentMetricLabels)
  yield* say(`labels ${tagged.length}`)
  yield* TestClock.adjust(16_000)
  yield* settle
  yield* say("idle")
  yield* Effect.fork(Effect.exit(a.KeptSlow({ n: 12 })))
  yield* Effect.fork(Effect.exit(a.Slow({ n: 13 })))
  yield* settle
  yield* say("shutting down")
})

const secondLife = Effect.gen(function* () {
  const scripted = yield* Scripted.client
  yield* say("second life")
  const fiber = yield* Effect.fork(scripted("a").KeptSlow({ n: 12 }))
  yield* settle
  yield* TestClock.adjust(2500)
  yield* settle
  yield* say(`KeptSlow -> ${describe(yield* Fiber.await(fiber))}`)
})

const run = <R>(runner: Layer.Layer<Sharding.Sharding, never, MessageStorage.MessageStorage | R>) =>
  Effect.gen(function* () {
    died = new Set()
    const events: Array<string> = []
    const log = Log.of({
      add: (event) =>
        Effect.flatMap(Clock.currentTimeMillis, (now) => Effect.sync(() => void events.push(`${now} ${event}`)))
    })
    const { storage, ...driver } = yield* MessageStorage.MemoryDriver
    const live = Layer.mergeAll(scriptedLive, others).pipe(
      Layer.provideMerge(runner),
      Layer.provide(Layer.succeed(MessageStorage.MessageStorage, storage))
    )
    const inLife = (program: Effect.Effect<void, never, Sharding.Sharding | Log>) =>
      Effect.gen(function* () {
        const isOver = yield* Deferred.make<void>()
        const life = yield* Effect.flatMap(Layer.build(live), (context) =>
          Effect.zipRight(Effect.provide(program, context), Deferred.succeed(isOver, undefined))
        ).pipe(Effect.scoped, Effect.fork)
        yield* Deferred.await(isOver)
        yield* Effect.repeat(settle, { until: () => life.unsafePoll() !== null, times: 2000 })
        events.push(`life ended: ${describe(yield* Fiber.await(life))}`)
      }).pipe(Effect.provideService(Log, log))
    yield* TestClock.setTime(0)
    yield* inLife(firstLife)
    yield* TestClock.setTime(1_000_000)
    yield* inLife(secondLife)
    const stored = driver.journal.map(
      (envelope) => `${envelope._tag} ${envelope._tag === "Request" ? envelope.tag : ""}`
    )
    return { events, stored, unprocessed: driver.unprocessed.size, replies: driver.replyIds.size }
  }).pipe(Effect.provide(MessageStorage.layerMemory.pipe(Layer.provide(config()))))

const quiet = Logger.minimumLogLevel(LogLevel.None)

it.effect(
  "leaves everything that can be observed as it was",
  () =>
    Effect.gen(function* () {
      const plain = yield* run(plainRunner())
      const watched = yield* run(watchedRunner())
      expect(watched).toEqual(plain)
      expect(plain.events.length).toBeGreaterThan(160)
      expect(yield* leftovers).toEqual({})
      expect((yield* asMessages).theirs).toEqual(noMessages)
    }).pipe(Effect.provide(Testing.layer()), Effect.provide(quiet)),
  60_000
)

it.effect(
  "leaves it so where messages are counted by the conventions too, which say the same as our own metrics",
  () =>
    Effect.gen(function* () {
      const plain = yield* run(plainRunner())
      const watched = yield* run(watchedRunner({}, { semconv: true }))
      expect(watched).toEqual(plain)
      expect(yield* leftovers).toEqual({})
      const { theirs, ours } = yield* asMessages
      expect(theirs).toEqual(ours)
      expect(Object.values(theirs).every(({ count }) => count > 0)).toBe(true)
    }).pipe(Effect.provide(Testing.layer()), Effect.provide(quiet)),
  60_000
)

import { expect, it } from "@effect/vitest"
import { Clock, DateTime, Effect, Exit, Fiber, Mailbox, Stream, TestClock } from "effect"
import { describe } from "vitest"
import * as Testing from "../../../../src/observe/testing.ts"
import { leftovers, moved, settle } from "../test-cluster.ts"
import { client, inCluster, receive, run, send, Timed, type } from "./shop.ts"

describe("messages of entities", () => {
  it.effect("counts and times a message from its send to its end, on both sides", () =>
    inCluster(
      Effect.gen(function* () {
        const one = yield* client
        yield* run(one.Buy({ n: 100 }))
        const snapshot = yield* Testing.snapshot
        expect(
          yield* moved("cluster_messages_sent_total", "cluster_messages_received_total", "cluster_errors_total")
        ).toEqual({
          [`cluster_messages_sent_total${send("Buy")}`]: 1,
          [`cluster_messages_received_total${receive("Buy")}`]: 1
        })
        expect(snapshot).toMatchObject({
          [`cluster_message_latency_seconds${send("Buy")}`]: { count: 1, sum: 0.1 },
          [`cluster_message_latency_seconds${receive("Buy")}`]: { count: 1, sum: 0.1 },
          'cluster_message_processing_seconds{entity_type="Shop",message="Buy"}': { count: 1, sum: 0.1 },
          [`cluster_message_wait_seconds${type}`]: { count: 1, sum: 0 },
          [`cluster_message_delivery_delay_seconds${type}`]: { count: 1, sum: 0 },
          [`cluster_mailbox_depth${type}`]: 0,
          [`cluster_messages_in_flight${type}`]: 0
        })
      })
    )
  )

  it.effect("shows what waits and what runs, and times the wait", () =>
    inCluster(
      Effect.gen(function* () {
        const one = yield* client
        const all = yield* Effect.fork(
          Effect.all([one.Wait({ n: 1000 }), one.Wait({ n: 1000 }), one.Wait({ n: 1000 })], {
            concurrency: "unbounded"
          })
        )
        yield* settle
        expect(yield* moved("cluster_mailbox_depth", "cluster_messages_in_flight")).toEqual({
          [`cluster_mailbox_depth${type}`]: 2,
          [`cluster_messages_in_flight${type}`]: 1
        })
        yield* TestClock.adjust(4000)
        yield* Fiber.join(all)
        const snapshot = yield* Testing.snapshot
        expect(snapshot[`cluster_message_wait_seconds${type}`]).toMatchObject({ count: 3, sum: 3 })
        expect(snapshot[`cluster_message_latency_seconds${receive("Wait")}`]).toMatchObject({ count: 3, sum: 6 })
        expect(yield* moved("cluster_mailbox_depth", "cluster_messages_in_flight")).toEqual({})
      })
    )
  )

  for (const [name, rpc, options] of [
    ["any number may run", "Wait", { concurrency: "unbounded" }],
    ["they are forked", "Aside", {}]
  ] as const) {
    it.effect(`starts messages at once where ${name}, and ends each of them once`, () =>
      inCluster(
        Effect.gen(function* () {
          const one = yield* client
          const fibers = yield* Effect.forEach([1, 2, 3], () => Effect.fork(one[rpc]({ n: 1000 })))
          yield* settle
          expect(
            yield* moved("cluster_mailbox_depth", "cluster_messages_in_flight", "cluster_message_wait_seconds")
          ).toEqual({
            [`cluster_messages_in_flight${type}`]: 3,
            [`cluster_message_wait_seconds${type}`]: 3
          })
          yield* run(Fiber.interruptAll(fibers.slice(1)), 500)
          yield* run(Effect.void)
          const processed = yield* Testing.snapshot
          const processing = `cluster_message_processing_seconds{entity_type="Shop",message="${rpc}"`
          expect(processed[`${processing}}`]).toMatchObject({ count: 1, sum: 1 })
          expect(processed[`${processing},outcome="interrupted"}`]).toMatchObject({ count: 2, sum: 0.002 })
          expect(processed[`cluster_message_wait_seconds${type}`]).toMatchObject({ count: 3, sum: 0 })
          expect(yield* moved("cluster_mailbox_depth", "cluster_messages_in_flight")).toEqual({})
        }),
        { options }
      )
    )
  }

  it.effect("leaves no message of a handler that returns no effect behind", () =>
    inCluster(
      Effect.gen(function* () {
        const one = yield* client
        expect(Exit.isFailure(yield* run(one.Odd({ n: 1 })))).toBe(true)
        yield* TestClock.adjust(20_000)
        yield* settle
        expect(yield* leftovers).toEqual({})
      }),
      { options: { maxIdleTime: 5000, disableFatalDefects: true } }
    )
  )

  it.effect("counts a failure by its tag, once for the handler and once for the caller, and no message sent", () =>
    inCluster(
      Effect.gen(function* () {
        const one = yield* client
        yield* run(one.Buy({ n: -1 }))
        expect(
          yield* moved("cluster_messages_sent_total", "cluster_errors_total", "cluster_message_processing_seconds")
        ).toEqual({
          'cluster_errors_total{entity_type="Shop",type="Refused"}': 2,
          'cluster_message_processing_seconds{entity_type="Shop",message="Buy",outcome="failure"}': 1
        })
      })
    )
  )

  it.effect("ends each interrupted message once, whether it ran or waited", () =>
    inCluster(
      Effect.gen(function* () {
        const one = yield* client
        const fibers = yield* Effect.forEach([1, 2, 3], () => Effect.fork(one.Wait({ n: 1000 })))
        yield* settle
        yield* run(Fiber.interruptAll(fibers.toReversed()))
        expect(
          yield* moved(
            "cluster_message_latency_seconds",
            "cluster_message_processing_seconds",
            "cluster_message_wait_seconds",
            "cluster_mailbox_depth",
            "cluster_messages_in_flight",
            "cluster_messages_sent_total",
            "cluster_errors_total"
          )
        ).toEqual({
          [`cluster_message_latency_seconds${receive("Wait")}`]: 3,
          [`cluster_message_latency_seconds${send("Wait")}`]: 3,
          'cluster_message_processing_seconds{entity_type="Shop",message="Wait",outcome="interrupted"}': 1,
          [`cluster_message_wait_seconds${type}`]: 1
        })
      })
    )
  )

  it.effect("ends what middleware or a stream hides at the latest when the entity goes", () =>
    inCluster(
      Effect.gen(function* () {
        const one = yield* client
        const fibers = [
          yield* Effect.fork(one.Wait({ n: 1000 })),
          yield* Effect.fork(one.Gated({ n: 10 })),
          yield* Effect.fork(Stream.runDrain(one.Box({ n: 10 })))
        ]
        yield* settle
        yield* run(Fiber.interruptAll(fibers.toReversed()))
        yield* TestClock.adjust(20_000)
        yield* settle
        expect(yield* leftovers).toEqual({})
        expect(yield* moved("cluster_message_latency_seconds", "cluster_messages_in_flight")).toMatchObject({
          [`cluster_message_latency_seconds${receive("Gated")}`]: 1,
          [`cluster_message_latency_seconds${receive("Box")}`]: 1
        })
      }),
      { options: { maxIdleTime: 5000 } }
    )
  )

  it.effect("times a handler under middleware, a stream and a mailbox as a whole", () =>
    inCluster(
      Effect.gen(function* () {
        const one = yield* client
        yield* run(one.Gated({ n: 100 }))
        yield* run(Stream.runDrain(one.Feed({ n: 3 })))
        yield* run(Stream.runDrain(one.Box({ n: 500 })))
        yield* run(
          Effect.scoped(
            Effect.flatMap(one.Box({ n: 100 }, { asMailbox: true }), (box) => Stream.runDrain(Mailbox.toStream(box)))
          )
        )
        const snapshot = yield* Testing.snapshot
        expect(snapshot).toMatchObject({
          'cluster_message_processing_seconds{entity_type="Shop",message="Gated"}': { count: 1, sum: 0.1 },
          'cluster_message_processing_seconds{entity_type="Shop",message="Box"}': { count: 2, sum: 0.6 },
          'cluster_message_processing_seconds{entity_type="Shop",message="Feed"}': { count: 1 },
          [`cluster_messages_sent_total${send("Feed")}`]: 1,
          [`cluster_messages_sent_total${send("Box")}`]: 2
        })
        expect(yield* moved("cluster_mailbox_depth", "cluster_messages_in_flight", "cluster_errors_total")).toEqual({})
      })
    )
  )

  it.effect("leaves deliberate delay out of the delivery delay", () =>
    inCluster(
      Effect.gen(function* () {
        const one = yield* client
        const at = DateTime.unsafeMake((yield* Clock.currentTimeMillis) + 1500)
        yield* run(one.Later(new Timed({ id: "a", at })), 5000)
        const delay = (yield* Testing.snapshot)[`cluster_message_delivery_delay_seconds${type}`]
        expect(delay).toMatchObject({ count: 1 })
        expect(delay).toHaveProperty("sum", expect.closeTo(0.5, 1))
      })
    )
  )

  it.effect("counts a message that a full mailbox refuses, and one that storage had already", () =>
    inCluster(
      Effect.gen(function* () {
        const one = yield* client
        yield* run(
          Effect.all(
            [1, 2, 3].map((ms) => Effect.exit(one.Wait({ n: ms }))),
            { concurrency: "unbounded" }
          )
        )
        const at = yield* DateTime.now
        yield* run(one.Later(new Timed({ id: "b", at })))
        yield* run(one.Later(new Timed({ id: "b", at })))
        expect(yield* moved("cluster_errors_total", "cluster_messages_received_total")).toEqual({
          'cluster_errors_total{entity_type="Shop",type="MailboxFull"}': 1,
          [`cluster_messages_received_total${receive("Wait")}`]: 2,
          [`cluster_messages_received_total${receive("Later")}`]: 1
        })
      }),
      { options: { mailboxCapacity: 2 } }
    )
  )
})

import { expect, it } from "@effect/vitest"
import { Effect, Mailbox, Stream } from "effect"
import { describe } from "vitest"
import { client, inCluster, receive, run, send } from "../entity/shop.ts"
import { moved } from "../test-cluster.ts"

describe("clients of entities", () => {
  it.effect("counts no stream as sent that its caller cut short, as a stream or as a mailbox", () =>
    inCluster(
      Effect.gen(function* () {
        const one = yield* client
        const firstOfBox = Effect.flatMap(one.Feed({ n: 5 }, { asMailbox: true }), (box) => box.takeN(2))
        yield* run(Stream.runDrain(Stream.take(one.Feed({ n: 5 }), 2)))
        yield* run(Effect.scoped(firstOfBox))
        expect(
          yield* moved(
            "cluster_messages_sent_total",
            "cluster_messages_received_total",
            "cluster_errors_total",
            `cluster_message_latency_seconds${send("Feed")}`
          )
        ).toEqual({
          [`cluster_messages_received_total${receive("Feed")}`]: 2,
          [`cluster_message_latency_seconds${send("Feed")}`]: 2
        })
        yield* run(Stream.runDrain(one.Feed({ n: 5 })))
        yield* run(
          Effect.scoped(
            Effect.flatMap(one.Feed({ n: 5 }, { asMailbox: true }), (box) => Stream.runDrain(Mailbox.toStream(box)))
          )
        )
        expect(yield* moved("cluster_messages_sent_total")).toEqual({
          [`cluster_messages_sent_total${send("Feed")}`]: 2
        })
      })
    )
  )
})

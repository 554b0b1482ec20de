import { describe, expect, it } from "@effect/vitest"
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as TestClock from "effect/TestClock"
import { type ClusterOperation, MetricsService } from "../../../src/observe/metrics.ts"
import * as Testing from "../../../src/observe/testing.ts"

class MailboxFull extends Data.TaggedError("MailboxFull")<{}> {}

const overTheWire = Object.assign(new Error("unreachable"), { name: "RunnerUnavailable" })

const endings = {
  success: Effect.void,
  failure: Effect.fail(new MailboxFull()),
  defect: Effect.die(overTheWire),
  interrupted: Effect.interrupt
} as const

const counters: Record<ClusterOperation, string | undefined> = {
  send: "cluster_messages_sent_total",
  receive: "cluster_messages_received_total",
  broadcast: undefined
}
const errors: Record<keyof typeof endings, string | undefined> = {
  success: undefined,
  failure: "MailboxFull",
  defect: "RunnerUnavailable",
  interrupted: undefined
}

const every = (["send", "broadcast", "receive"] as const).flatMap((operation) =>
  (["success", "failure", "defect", "interrupted"] as const).map((ending) => [operation, ending] as const)
)

describe("trackCluster", () => {
  it.effect.each(every)("moves what the table says: %s, %s", ([operation, ending]) =>
    Effect.gen(function* () {
      const delta = yield* Testing.deltaOf(
        Effect.gen(function* () {
          const fiber = yield* Effect.sleep("20 millis").pipe(
            Effect.zipRight(endings[ending]),
            MetricsService.trackCluster({ operation, entityType: "Account" }),
            Effect.fork
          )
          yield* TestClock.adjust("20 millis")
          return yield* Fiber.await(fiber)
        })
      )
      const labels = `{entity_type="Account",operation="${operation}"}`
      const counter = ending === "success" ? counters[operation] : undefined
      const type = errors[ending]
      expect(delta).toEqual({
        [`cluster_message_latency_seconds${labels}`]: { count: 1, sum: 0.02 },
        ...(counter === undefined ? {} : { [`${counter}${labels}`]: 1 }),
        ...(type === undefined ? {} : { [`cluster_errors_total{entity_type="Account",type="${type}"}`]: 1 })
      })
    }).pipe(Effect.provide(Testing.layer()))
  )

  it.effect("takes its options first or last, and the tag of the message as a label", () =>
    Effect.gen(function* () {
      const options = { operation: "send", entityType: "Account", message: "Deposit" } as const
      const first = yield* Testing.deltaOf(MetricsService.trackCluster(options)(Effect.void))
      const last = yield* Testing.deltaOf(MetricsService.trackCluster(Effect.void, options))
      expect(first).toEqual(last)
      expect(Object.keys(first)).toEqual([
        `cluster_message_latency_seconds{entity_type="Account",message="Deposit",operation="send"}`,
        `cluster_messages_sent_total{entity_type="Account",message="Deposit",operation="send"}`
      ])
    }).pipe(Effect.provide(Testing.layer()))
  )
})

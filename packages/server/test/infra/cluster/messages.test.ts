import { expect, it } from "@effect/vitest"
import { Effect, Fiber } from "effect"
import { describe } from "vitest"
import * as Testing from "../../../src/observe/testing.ts"
import { client, inCluster, run } from "./entity/shop.ts"
import { moved, settle, testCluster } from "./test-cluster.ts"

const named = (operation: string, more = "") =>
  `{${more}messaging_destination_name="Shop",messaging_operation_name="${operation}"`
const system = ',messaging_system="effect_cluster"}'
const sent = (more = "") => `messaging_client_sent_messages_total${named("send", more)}${system}`
const sends = (more = "") =>
  `messaging_client_operation_duration_seconds${named("send", more)},messaging_operation_type="send"${system}`
const received = `messaging_client_consumed_messages_total${named("receive")}${system}`
const processed = (more = "") => `messaging_process_duration_seconds${named("process", more)}${system}`

const conventional = Effect.map(Testing.snapshot, (now) =>
  Object.fromEntries(
    Object.entries(now)
      .filter(([text]) => text.startsWith("messaging_"))
      .map(([text, value]) => [text, typeof value === "number" ? value : { count: value.count, sum: value.sum }])
  )
)

describe("messages by the conventions", () => {
  it.effect("are sent, delivered and processed as by our own metrics, with the type of their error", () =>
    inCluster(
      Effect.gen(function* () {
        const one = yield* client
        expect(yield* conventional).toEqual({ [sent()]: 0, [received]: 0 })
        yield* run(one.Buy({ n: 100 }))
        yield* run(one.Buy({ n: -1 }))
        const [waits, queues] = [yield* Effect.fork(one.Wait({ n: 1000 })), yield* Effect.fork(one.Wait({ n: 1000 }))]
        yield* settle
        yield* run(Fiber.interruptAll([queues, waits]))
        const refused = 'error_type="Refused",'
        const interrupted = 'error_type="interrupted",'
        expect(yield* conventional).toMatchObject({
          [sent()]: 1,
          [sent(refused)]: 1,
          [sent(interrupted)]: 2,
          [sends()]: { count: 1, sum: 0.1 },
          [sends(refused)]: { count: 1 },
          [sends(interrupted)]: { count: 2 },
          [received]: 4,
          [processed()]: { count: 1, sum: 0.1 },
          [processed(refused)]: { count: 1, sum: 0 },
          // The one that waited never ran.
          [processed(interrupted)]: { count: 1 }
        })
        expect(yield* moved("cluster_mailbox_depth", "cluster_messages_in_flight")).toEqual({})
      }),
      { cluster: testCluster({}, { semconv: true }) }
    )
  )

  it.effect("are only of the side that is recorded, and none of a type that is excluded", () =>
    Effect.gen(function* () {
      const names = (options: Parameters<typeof testCluster>[1]) =>
        inCluster(
          Effect.gen(function* () {
            yield* run((yield* client).Buy({ n: 1 }))
            return Object.keys(yield* conventional)
          }),
          { cluster: testCluster({}, { semconv: true, ...options }) }
        )
      expect(yield* names({ clients: false })).toEqual([received, processed()])
      expect(yield* names({ entities: false })).toEqual([sent(), sends()])
      expect(yield* names({ exclude: ["Shop"] })).toEqual([])
      expect(yield* names({ semconv: false })).toEqual([])
    })
  )
})

/** An entity that does nothing, and what sends to it: everything that is measured is around it. */
import * as ClusterSchema from "@effect/cluster/ClusterSchema"
import * as Entity from "@effect/cluster/Entity"
import * as Rpc from "@effect/rpc/Rpc"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"

/** `Said` stays in memory, `Kept` is stored with its reply. */
export const Echo = Entity.make("Echo", [
  Rpc.make("Said", { payload: { n: Schema.Number }, success: Schema.Number }),
  Rpc.make("Kept", {
    payload: { n: Schema.Number },
    success: Schema.Number,
    primaryKey: ({ n }) => String(n)
  }).annotate(ClusterSchema.Persisted, true)
])

const answered = { Said: 0, Kept: 0 }

/** The handlers. They count, so that it can be checked what arrived. */
export const EchoLive = Echo.toLayer(
  Effect.succeed({
    Said: ({ payload: { n } }) => Effect.sync(() => (answered.Said++, n)),
    Kept: ({ payload: { n } }) => Effect.sync(() => (answered.Kept++, n))
  }),
  { concurrency: "unbounded" }
)

/** How many messages both runners have answered. */
export const answers = (tag: keyof typeof answered): number => answered[tag]

const entities = Array.from({ length: 64 }, (_, index) => `echo-${index}`)

/** Sends messages over 64 entities, 64 at a time. */
export const send = (
  tag: keyof typeof answered,
  { from, messages }: { readonly from: number; readonly messages: number }
) =>
  Effect.flatMap(Echo.client, (client) =>
    Effect.forEach(
      Array.from({ length: messages }, (_, index) => from + index),
      (n) => client(entities[n % entities.length] ?? "")[tag]({ n }),
      { concurrency: 64, discard: true }
    )
  )

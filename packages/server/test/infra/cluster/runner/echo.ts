/** An entity that answers with what it was told, in capitals. */
import * as Entity from "@effect/cluster/Entity"
import * as Rpc from "@effect/rpc/Rpc"
import { Effect, Schema } from "effect"

export const Echo = Entity.make("Echo", [Rpc.make("Say", { payload: { text: Schema.String }, success: Schema.String })])

export const echoLive = Echo.toLayer({ Say: ({ payload: { text } }) => Effect.succeed(text.toUpperCase()) })

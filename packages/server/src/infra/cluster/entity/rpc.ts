/** What the definition of an RPC says about its messages. An entity's protocol has no more of it than `unknown`. */
import * as ClusterSchema from "@effect/cluster/ClusterSchema"
import * as RpcSchema from "@effect/rpc/RpcSchema"
import * as Context from "effect/Context"
import * as Predicate from "effect/Predicate"
import * as Schema from "effect/Schema"

/** Is its success a stream. */
export const isStreamRpc = (rpc: unknown): boolean =>
  Predicate.hasProperty(rpc, "successSchema") &&
  Schema.isSchema(rpc.successSchema) &&
  RpcSchema.isStreamSchema(rpc.successSchema)

/** Do its handlers run under middleware. */
export const hasMiddleware = (rpc: unknown): boolean =>
  Predicate.hasProperty(rpc, "middlewares") && rpc.middlewares instanceof Set && rpc.middlewares.size > 0

/** Are its messages stored, and the reply to each. */
export const isPersistedRpc = (rpc: unknown): boolean =>
  Predicate.hasProperty(rpc, "annotations") &&
  Context.isContext(rpc.annotations) &&
  Context.get(rpc.annotations, ClusterSchema.Persisted)

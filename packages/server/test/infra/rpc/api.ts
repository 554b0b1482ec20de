/** An RPC group with a call of each kind, its handlers, and what was recorded of them. */
import * as Rpc from "@effect/rpc/Rpc"
import * as RpcGroup from "@effect/rpc/RpcGroup"
import { Effect, Mailbox, Schema, Stream } from "effect"
import * as Testing from "../../../src/observe/testing.ts"

export class Refused extends Schema.TaggedError<Refused>()("Refused", { n: Schema.Number }) {}

const n = { n: Schema.Number }

export const Api = RpcGroup.make(
  Rpc.make("add", { payload: n, success: Schema.Number, error: Refused }),
  Rpc.make("users.get", { payload: n, success: Schema.Number }),
  Rpc.make("never", { success: Schema.Void }),
  Rpc.make("die"),
  Rpc.make("throw"),
  Rpc.make("forked", { payload: n, success: Schema.Number }),
  Rpc.make("count", { payload: n, success: Schema.Number, error: Refused, stream: true }),
  Rpc.make("mailbox", { payload: n, success: Schema.Number, stream: true })
)

/** A stream of the numbers to `n`, one by one; negative numbers fail in its middle, and 99 has no end. */
const upTo = (n: number) =>
  Stream.range(1, Math.abs(n)).pipe(
    Stream.rechunk(1),
    Stream.concat(n < 0 ? Stream.fail(new Refused({ n })) : n === 99 ? Stream.never : Stream.empty)
  )

/** Calls whose handler the server has asked: that is as they arrive, before they wait. Of `add`, `count` and `mailbox`. */
export const asked = { calls: 0 }

export const handlers = Api.toLayer({
  add: ({ n }) => {
    asked.calls += 1
    return n < 0 ? Effect.fail(new Refused({ n })) : Effect.succeed(n + 1)
  },
  "users.get": ({ n }) => Effect.succeed(n),
  never: () => Effect.never,
  die: () => Effect.die(new TypeError("died")),
  throw: (): Effect.Effect<void> => {
    throw new RangeError("thrown")
  },
  forked: ({ n }) => Rpc.fork(Effect.succeed(n)),
  count: ({ n }) => {
    asked.calls += 1
    return upTo(n)
  },
  mailbox: ({ n }) => {
    asked.calls += 1
    return Effect.gen(function* () {
      const mailbox = yield* Mailbox.make<number>()
      yield* mailbox.offerAll(Array.from({ length: n }, (_, index) => index))
      yield* mailbox.end
      return mailbox
    })
  }
})

/** The series of one side, as `method`, or `method error`, with their counts. */
export const calls = (side: "server" | "client") =>
  Effect.map(Testing.snapshot, (snapshot) =>
    Object.fromEntries(
      Object.entries(snapshot).flatMap(([series, value]) => {
        const labels =
          /^rpc_(\w+)_call_duration_seconds\{(?:error_type="(.*?)",)?rpc_method="(.*?)",rpc_system_name="effect_rpc"\}$/.exec(
            series
          )
        return labels === null || labels[1] !== side || typeof value === "number"
          ? []
          : [[[labels[3], labels[2]].filter((part) => part !== undefined).join(" "), value.count]]
      })
    )
  )

/** All calls that are under way, of both sides. */
export const underWay = Effect.map(Testing.snapshot, (snapshot) =>
  Object.entries(snapshot)
    .filter(([series]) => /^rpc_\w+_calls_active/.test(series))
    .reduce((sum, [, value]) => sum + (typeof value === "number" ? value : 0), 0)
)

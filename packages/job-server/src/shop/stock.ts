/** How many of each product are left: an RPC group, whose calls go over HTTP. */
import * as Rpc from "@effect/rpc/Rpc"
import * as RpcGroup from "@effect/rpc/RpcGroup"
import type { RpcClientError } from "@effect/rpc/RpcClientError"
import * as RpcClient from "@effect/rpc/RpcClient"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Schedule from "effect/Schedule"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"

/** Nothing is left of the product. */
export class SoldOut extends Schema.TaggedError<SoldOut>()("SoldOut", {}) {}

/** Takes one of a product; tells how many are left every half a second, so many times. */
export const Stock = RpcGroup.make(
  Rpc.make("take", { payload: { product: Schema.Number }, success: Schema.Number, error: SoldOut }),
  Rpc.make("levels", {
    payload: { product: Schema.Number, times: Schema.Number },
    success: Schema.Number,
    stream: true
  })
).prefix("stock.")

/** The client, one for all: a protocol has the answers of a single one. */
export class StockClient extends Context.Tag("shop/StockClient")<
  StockClient,
  RpcClient.FromGroup<typeof Stock, RpcClientError>
>() {
  static readonly layer = Layer.scoped(StockClient, RpcClient.make(Stock))
}

const full = 12

/** The handlers, and deliveries of what was sold each half a minute. */
export const stock = Layer.unwrapScoped(
  Effect.gen(function* () {
    const left = new Map<number, number>()
    const of = (product: number) => left.get(product) ?? full
    const deliver = Effect.sync(() => left.clear())
    yield* Effect.forkScoped(Effect.repeat(deliver, Schedule.spaced("30 seconds")))
    return Stock.toLayer({
      "stock.take": ({ product }) =>
        Effect.suspend(() => {
          if (of(product) === 0) {
            return new SoldOut()
          }
          left.set(product, of(product) - 1)
          return Effect.delay(Effect.succeed(of(product)), "2 millis")
        }),
      "stock.levels": ({ product, times }) =>
        Stream.repeatEffectWithSchedule(
          Effect.sync(() => of(product)),
          Schedule.spaced("500 millis")
        ).pipe(Stream.take(times))
    })
  })
)

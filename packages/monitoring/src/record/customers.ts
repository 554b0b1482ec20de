/**
 * Customers of the shop while it is recorded, more and fewer in turn: they look at products, also at some that it does not
 * have, order, and don't wait for ever. Some orders are sent twice.
 */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Schedule from "effect/Schedule"

interface Wanted {
  readonly path: string
  readonly body?: object
  /** Milliseconds after which the customer goes away. */
  readonly patience?: number
}

/** Few products are asked for often, and many now and then. */
const someProduct = (): number => 1 + Math.floor(400 * Math.random() ** 4)

const place = (reference: string): Wanted => ({
  path: "/orders",
  body: { reference, product: someProduct() },
  patience: 1_500
})

const wanted = (count: number): ReadonlyArray<Wanted> => {
  if (count % 53 === 0) {
    return [{ path: "/orders/export", patience: count % 2 === 0 ? 150 : 30_000 }]
  }
  if (count % 41 === 0) {
    return [{ path: `/products/${1_000 + count}` }]
  }
  if (count % 37 === 0) {
    return [{ path: "/favicon.ico" }]
  }
  if (count % 29 === 0) {
    return [{ path: `/products/${someProduct()}/stock` }]
  }
  if (count % 4 === 0) {
    const order = place(`order-${count}`)
    return count % 80 === 0 ? [order, order] : [order]
  }
  return [{ path: count % 3 === 0 ? "/products" : `/products/${someProduct()}` }]
}

/** Asks the shop at a port until it is interrupted. */
export const sendCustomers = (port: string) => {
  let count = 0
  const customer = Effect.suspend(() => {
    count += 1
    return Effect.forEach(wanted(count), (one) => ask(port, one), { concurrency: "unbounded", discard: true })
  })
  const some = Effect.flatMap(Clock.currentTimeMillis, (now) =>
    Effect.forEach(
      Array.from({ length: Math.round(18 + 10 * Math.sin(now / 15_000)) }),
      (_, index) => Effect.fork(Effect.delay(customer, (50 * index) % 1_000)),
      { discard: true }
    )
  )
  return Effect.repeat(some, Schedule.fixed("1 second"))
}

const ask = (port: string, { body, path, patience = 30_000 }: Wanted) =>
  Effect.promise(async () => {
    const content = { method: "POST", body: JSON.stringify(body), headers: { "content-type": "application/json" } }
    const options = { ...(body === undefined ? {} : content), signal: AbortSignal.timeout(patience) }
    // Who goes away has no answer, and the shop may have ended.
    await fetch(`http://127.0.0.1:${port}${path}`, options).then(
      (response) => response.text().catch(() => ""),
      () => ""
    )
  })

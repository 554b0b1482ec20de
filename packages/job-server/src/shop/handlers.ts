/** What the shop does with a request: its database, a cache of products, payments, the stock and letters. */
import * as HttpApiBuilder from "@effect/platform/HttpApiBuilder"
import * as HttpClient from "@effect/platform/HttpClient"
import * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import * as HttpServerResponse from "@effect/platform/HttpServerResponse"
import type { SqlError } from "@effect/sql/SqlError"
import * as SqlClient from "@effect/sql/SqlClient"
import { SqlMetrics } from "@parametric-portal/server/infra/sql"
import { CacheMetrics } from "@parametric-portal/server/observe/cache"
import * as Cache from "effect/Cache"
import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as Schedule from "effect/Schedule"
import * as Stream from "effect/Stream"
import { AlreadyOrdered, Api, NoSuchProduct, type Order, PaymentFailed, type Product } from "./api.ts"
import { mailer } from "./mail.ts"
import { StockClient } from "./stock.ts"

export const productsLive = HttpApiBuilder.group(Api, "products", (handlers) =>
  Effect.gen(function* () {
    const sql = yield* SqlClient.SqlClient
    const { stock } = yield* StockClient
    const lookup = (id: number) =>
      Effect.flatMap(Effect.orDie(sql<Product>`SELECT id, name, cents FROM products WHERE id = ${id}`), ([found]) =>
        found === undefined ? new NoSuchProduct() : Effect.succeed(found)
      )
    const known = yield* CacheMetrics.track({ cache: "products", lookup }, (tracked) =>
      Cache.make({ capacity: 100, timeToLive: "20 seconds", lookup: tracked })
    )
    return handlers
      .handle("list", () =>
        Effect.orDie(sql<Product>`SELECT id, name, cents FROM products ORDER BY sold DESC, id LIMIT 20`)
      )
      .handle("find", ({ path }) => known.get(path.id))
      .handle("levels", ({ path }) =>
        Effect.map(Effect.orDie(Stream.runCollect(stock.levels({ product: path.id, times: 4 }))), Chunk.toReadonlyArray)
      )
  })
)

export const ordersLive = (payments: string) =>
  HttpApiBuilder.group(Api, "orders", (handlers) =>
    Effect.gen(function* () {
      const sql = yield* SqlClient.SqlClient
      const http = HttpClient.filterStatusOk(yield* HttpClient.HttpClient)
      const { stock } = yield* StockClient
      const sendLetter = yield* mailer
      const pay = ({ reference }: Order) =>
        HttpClientRequest.post(`${payments}/payments`).pipe(
          HttpClientRequest.bodyUnsafeJson({ reference }),
          http.execute,
          Effect.flatMap(({ text }) => text),
          Effect.scoped,
          Effect.retry(Schedule.recurs(1)),
          Effect.mapError(() => new PaymentFailed())
        )
      return handlers
        .handle("place", ({ payload }) =>
          Effect.gen(function* () {
            const left = yield* Effect.catchTag(stock.take({ product: payload.product }), "RpcClientError", Effect.die)
            yield* pay(payload)
            yield* store(payload)
            yield* sendLetter
            return { left }
          })
        )
        .handleRaw("export", () =>
          Effect.succeed(
            HttpServerResponse.stream(
              Stream.encodeText(
                Stream.fromIterableEffect(
                  sql<Order>`SELECT reference, product FROM orders ORDER BY reference LIMIT 3000`
                ).pipe(
                  Stream.map(({ product, reference }) => `${reference},${product}\n`),
                  Stream.grouped(100),
                  Stream.map((lines) => Chunk.join(lines, "")),
                  Stream.schedule(Schedule.spaced("40 millis"))
                )
              ),
              { contentType: "text/csv" }
            )
          )
        )
    })
  )

const fewTimes = Schedule.intersect(Schedule.jittered(Schedule.exponential("10 millis")), Schedule.recurs(6))

/** An order and what it sells belong together, also where another order sells the same at the same time. */
const store = ({ product, reference }: Order) =>
  Effect.flatMap(SqlClient.SqlClient, (sql) =>
    sql
      .withTransaction(
        Effect.gen(function* () {
          yield* sql`SET TRANSACTION ISOLATION LEVEL REPEATABLE READ`
          const [{ cents } = { cents: 0 }] = yield* sql<Product>`SELECT cents FROM products WHERE id = ${product}`
          yield* sql`INSERT INTO orders ${sql.insert({ reference, product, cents })}`
          yield* sql`UPDATE products SET sold = sold + 1 WHERE id = ${product}`
          yield* sql`UPDATE revenue SET cents = cents + ${cents}`
        })
      )
      .pipe(SqlMetrics.retryTransaction(fewTimes))
  ).pipe(Effect.catchTag("SqlError", (error) => (isDuplicate(error) ? new AlreadyOrdered() : Effect.die(error))))

const isDuplicate = ({ cause }: SqlError): boolean =>
  typeof cause === "object" && cause !== null && "code" in cause && cause.code === "23505"

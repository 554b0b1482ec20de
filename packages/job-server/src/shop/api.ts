/** The shop's HTTP API. */
import * as HttpApi from "@effect/platform/HttpApi"
import * as HttpApiEndpoint from "@effect/platform/HttpApiEndpoint"
import * as HttpApiGroup from "@effect/platform/HttpApiGroup"
import * as HttpApiSchema from "@effect/platform/HttpApiSchema"
import * as Schema from "effect/Schema"
import { SoldOut } from "./stock.ts"

export class NoSuchProduct extends Schema.TaggedError<NoSuchProduct>()(
  "NoSuchProduct",
  {},
  HttpApiSchema.annotations({ status: 404 })
) {}

/** There is an order with this reference: the customer sent it twice. */
export class AlreadyOrdered extends Schema.TaggedError<AlreadyOrdered>()(
  "AlreadyOrdered",
  {},
  HttpApiSchema.annotations({ status: 409 })
) {}

/** The payment provider did not take the payment. */
export class PaymentFailed extends Schema.TaggedError<PaymentFailed>()(
  "PaymentFailed",
  {},
  HttpApiSchema.annotations({ status: 502 })
) {}

const Product = Schema.Struct({ id: Schema.Number, name: Schema.String, cents: Schema.Number })
export type Product = typeof Product.Type

const Order = Schema.Struct({ reference: Schema.String, product: Schema.Number })
export type Order = typeof Order.Type

const byId = Schema.Struct({ id: Schema.NumberFromString })

const products = HttpApiGroup.make("products")
  .add(HttpApiEndpoint.get("list", "/products").addSuccess(Schema.Array(Product)))
  .add(HttpApiEndpoint.get("find", "/products/:id").setPath(byId).addSuccess(Product).addError(NoSuchProduct))
  .add(HttpApiEndpoint.get("levels", "/products/:id/stock").setPath(byId).addSuccess(Schema.Array(Schema.Number)))

const orders = HttpApiGroup.make("orders")
  .add(
    HttpApiEndpoint.post("place", "/orders")
      .setPayload(Order)
      .addSuccess(Schema.Struct({ left: Schema.Number }))
      .addError(SoldOut, { status: 410 })
      .addError(AlreadyOrdered)
      .addError(PaymentFailed)
  )
  .add(HttpApiEndpoint.get("export", "/orders/export").addSuccess(Schema.String))

export const Api = HttpApi.make("shop").add(products).add(orders)

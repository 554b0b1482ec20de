import { describe, expect, it } from "@effect/vitest"
import { Effect, Exit } from "effect"
import { catalogue, type Row } from "../../../src/observe/catalogue.ts"
import { checkRow } from "../../../src/observe/instrument/definition.ts"
import { MetricsService } from "../../../src/observe/metrics.ts"
import * as Testing from "../../../src/observe/testing.ts"

const row = {
  name: "shop_orders_total",
  kind: "counter",
  unit: "{order}",
  labels: ["shop_id", "region"],
  help: "Orders.",
  convention: { name: "shop.orders", stability: "development", attributes: { shop_id: "shop.id", region: "region" } }
} as const satisfies Row

const refused = (given: Row) => Effect.flip(MetricsService.define({ given }))

describe("a row with a convention", () => {
  it.effect("is refused where its names can't be told on OTLP", () =>
    Effect.gen(function* () {
      const { convention } = row
      const attributes = (given: Record<string, string>): Row => ({
        ...row,
        convention: { ...convention, attributes: given }
      })
      const named = (name: string): Row => ({ ...row, convention: { ...convention, name } })
      const untyped = (given: string): Row => ({ ...row, convention: JSON.parse(given) })
      for (const [given, reason] of [
        [attributes({ shop_id: "id", region: "id" }), "Label"],
        [attributes({ shop_id: "region" }), "Label"],
        [attributes({ shop_id: "" }), "Label"],
        [named(""), "Name"],
        [named("shop orders"), "Name"],
        [named("shop.orders\n"), "Name"],
        [named("other.orders"), "Name"],
        [untyped("null"), "Name"],
        [untyped("{}"), "Name"],
        [untyped(`{ "name": "shop.orders" }`), "Label"],
        [untyped(`{ "name": "shop.orders", "attributes": { "shop_id": null } }`), "Label"]
      ] as const) {
        expect([(yield* refused(given)).reason, given.convention]).toEqual([reason, given.convention])
      }
      expect(Exit.isSuccess(yield* Effect.exit(MetricsService.define({ row })))).toBe(true)
    }).pipe(Effect.provide(Testing.layer()))
  )

  it.effect("is refused where another metric has its name on OTLP", () =>
    Effect.gen(function* () {
      const usage = { ...row, name: "process_memory_usage", kind: "upDownCounter", labels: [] } as const
      const error = yield* refused({ ...usage, convention: { ...row.convention, name: "process.memory.usage" } })
      expect([error.reason, error.given]).toEqual(["Conflict", `"process.memory.usage" on OTLP`])
    }).pipe(Effect.provide(Testing.layer()))
  )

  it("is sound in the catalogue", () => {
    const rows: ReadonlyArray<Row> = Object.values(catalogue).flatMap((rows) => Object.values<Row>(rows))
    expect(rows.filter((one) => checkRow(one)._tag === "Left")).toEqual([])
  })
})

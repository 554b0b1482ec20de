/** Each wiring of the guide "Beside other metrics libraries" exports everything once; the wrong one is warned of. */
import { NodeContext } from "@effect/platform-node"
import { describe, expect, it } from "@effect/vitest"
import { Receiver } from "@parametric-portal/dashboard/receiver"
import * as Effect from "effect/Effect"
import path from "node:path"
import { fileURLToPath } from "node:url"
import { read } from "../docs/pages.ts"
import { recordEndpoint, taken } from "../support/record-endpoint.ts"
import { compiledBefore, doubled, examples, run, textOf } from "./example-run.ts"

const nodeSdk = path.join(examples, "effect-opentelemetry.ts")
const meterProvider = path.join(examples, "meter-provider.ts")
const effectMetrics = path.join(examples, "effect-metrics.ts")
const twice = fileURLToPath(new URL("twice.ts", import.meta.url))

const place = compiledBefore([nodeSdk, meterProvider, effectMetrics, twice])

/** The values of numbers, and the counts of distributions, by series. */
const arrived = (...names: ReadonlyArray<string>) =>
  Effect.gen(function* () {
    const { series } = yield* Receiver
    const found = (yield* series).filter(({ name }) => names.includes(name))
    return Object.fromEntries(
      found.map((one) => [textOf(one), typeof one.value === "number" ? one.value : one.value.count])
    )
  })

const test = (name: string, body: () => Effect.Effect<void, unknown, never>) => it.live(name, body)

const withReceiver = <A, E>(body: Effect.Effect<A, E, Receiver | NodeContext.NodeContext>) =>
  body.pipe(Effect.provide([Receiver.layer(), NodeContext.layer]))

describe.concurrent("beside what is there already, everything is exported once", () => {
  test("NodeSdk of @effect/opentelemetry keeps traces and logs, whatever the variables say", () =>
    Effect.gen(function* () {
      const records = yield* recordEndpoint(() => taken)
      const { exitCode } = yield* run(place(nodeSdk), {
        OTEL_EXPORTER_OTLP_ENDPOINT: records.base,
        OTEL_TRACES_EXPORTER: "otlp",
        OTEL_LOGS_EXPORTER: "otlp"
      })
      expect(exitCode).toBe(0)
      expect(records.took).toEqual({ spans: ["mail"], lines: ["mailing"] })
      expect(yield* arrived("jobs_completed_total", "jobs_processing_seconds", "shop_logins")).toEqual({
        'jobs_completed_total{job_type="mail",operation="process"}': 1,
        'jobs_processing_seconds{job_type="mail",operation="process"}': 1,
        "shop_logins{}": 1
      })
      expect(yield* doubled).toEqual([])
    }).pipe(Effect.scoped, withReceiver))

  test("a MeterProvider sends its own metrics, ours and Effect's", () =>
    Effect.gen(function* () {
      const { exitCode, lines } = yield* run(place(meterProvider))
      expect({ exitCode, lines }).toEqual({ exitCode: 0, lines: [] })
      const names = ["jobs_completed_total", "jobs_processing_seconds", "shop_logins", "shop_requests"]
      expect(yield* arrived(...names)).toEqual({
        'shop_requests{route="/"}': 1,
        'jobs_completed_total{job_type="mail",operation="process"}': 1,
        'jobs_processing_seconds{job_type="mail",operation="process"}': 1,
        "shop_logins{}": 1
      })
      expect(yield* doubled).toEqual([])
      const { series } = yield* Receiver
      const services = new Set((yield* series).map(({ resource }) => resource["service.name"]))
      expect([...services]).toEqual(["shop"])
    }).pipe(Effect.scoped, withReceiver))

  test("Effect's own metrics, with the numbers of the guide", () =>
    Effect.gen(function* () {
      const { exitCode } = yield* run(place(effectMetrics))
      expect(exitCode).toBe(0)
      const { series } = yield* Receiver
      const shop = (yield* series).filter(({ name }) => name.startsWith("shop_"))
      const told = shop.map((one) => {
        const sum = one.kind === "sum" && one.isMonotonic ? "monotonic sum" : "sum that goes up and down"
        const value = typeof one.value === "number" ? one.value : `count ${one.value.count}, sum ${one.value.sum}`
        const unit = one.unit === "" ? "" : `${one.unit} `
        return `| \`${textOf(one).replace("{}", "")}\` | ${one.kind === "sum" ? sum : one.kind} | ${unit}| ${value} |`
      })
      expect(Array.from(read("docs/guides/beside.md").matchAll(/^\| `shop_.*$/gm), ([row]) => row)).toEqual(told)
      expect(yield* doubled).toEqual([])
    }).pipe(Effect.scoped, withReceiver))
})

describe("twice", () => {
  test("is warned of once, in a program that is bundled", () =>
    Effect.gen(function* () {
      const { exitCode, lines } = yield* run(place(twice))
      expect(exitCode).toBe(0)
      expect(yield* doubled).toContain('jobs_completed_total{job_type="mail",operation="process"}')
      expect(lines.filter((line) => line.includes("exported twice"))).toHaveLength(1)
    }).pipe(Effect.scoped, withReceiver))
})

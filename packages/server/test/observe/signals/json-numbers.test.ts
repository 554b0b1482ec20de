/** Numbers that OTLP's JSON has no place for. */
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { Telemetry } from "../../../src/observe/telemetry.ts"
import { collector, ok } from "../otlp/collector.ts"
import { recordsOf, signalsTo, spansOf } from "./recorded.ts"

const numbers = { nan: Number.NaN, infinite: -Infinity, large: -1e300, wide: 2 ** 63, int: 7, half: 0.5 }
const text = { key: "text", value: { stringValue: '{"doubleValue":null}' } }

const sent = [
  { key: "nan", value: {} },
  { key: "infinite", value: {} },
  { key: "large", value: { doubleValue: -1e300 } },
  { key: "wide", value: { doubleValue: 2 ** 63 } },
  { key: "int", value: { intValue: 7 } },
  { key: "half", value: { doubleValue: 0.5 } },
  text
]

describe("numbers in JSON", () => {
  it.live("are such that a receiver can read the request", () =>
    Effect.scoped(
      Effect.gen(function* () {
        const { requests, url } = yield* collector(ok)
        const attributes = { ...numbers, text: text.value.stringValue }
        yield* Effect.annotateLogs(Effect.log("line"), attributes).pipe(
          Effect.withSpan("span", { attributes, captureStackTrace: false }),
          Effect.zipRight(Telemetry.flush),
          Effect.provide(signalsTo({ url }))
        )
        const ofRecord = recordsOf(requests)[0]?.attributes.filter(({ key }) => key !== "fiberId")
        expect(ofRecord?.toSorted((a, b) => a.key.localeCompare(b.key))).toEqual(
          sent.toSorted((a, b) => a.key.localeCompare(b.key))
        )
        expect(spansOf(requests)[0]?.attributes).toEqual(sent)
      })
    )
  )
})

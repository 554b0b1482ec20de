/** The rows of a trace, and where its times lie. */
import * as fc from "fast-check"
import { describe, expect, it } from "vitest"
import { keysOfLines } from "../../src/page/traces/line-keys.ts"
import { barOf, percentOf, scaleOf } from "../../src/page/traces/scale.ts"
import { rowsOf } from "../../src/page/traces/tree.ts"
import type { TraceSpan } from "../../src/protocol/traces.ts"

const span = (spanId: string, parentSpanId?: string, fields: Partial<TraceSpan> = {}): TraceSpan => ({
  spanId,
  ...(parentSpanId === undefined ? {} : { parentSpanId }),
  name: spanId,
  service: "",
  instance: "",
  kind: "internal",
  start: 0,
  durationMs: 1,
  outcome: "unset",
  message: "",
  attributes: {},
  events: [],
  links: [],
  ...fields
})

/** The rows as text, moved in by their depth. */
const textOf = (spans: ReadonlyArray<TraceSpan>): ReadonlyArray<string> =>
  rowsOf(spans).map(({ depth, isOrphan, span: { spanId } }) => `${"  ".repeat(depth)}${spanId}${isOrphan ? "?" : ""}`)

describe("rows", () => {
  it("stand below their parents, in the order that they were given in", () => {
    expect(textOf([span("a"), span("b", "a"), span("c", "a"), span("d", "b"), span("e")])).toEqual([
      "a",
      "  b",
      "    d",
      "  c",
      "e"
    ])
  })

  it("stand at the top where their parent is not here, or is below them", () => {
    expect(textOf([span("b", "a"), span("c", "b"), span("s", "s"), span("x", "y"), span("y", "x")])).toEqual([
      "b?",
      "  c",
      "s?",
      "x?",
      "  y"
    ])
  })

  it("are all spans once, whatever they say of their parents, also thousands below each other", () => {
    const ids = fc.integer({ min: 0, max: 20 })
    const spans = fc
      .uniqueArray(fc.tuple(ids, fc.option(ids)), { selector: ([id]) => id })
      .map((pairs) => pairs.map(([id, parent]) => span(`${id}`, parent === null ? undefined : `${parent}`)))
    fc.assert(
      fc.property(spans, (all) => {
        expect(
          rowsOf(all)
            .map((row) => row.span.spanId)
            .toSorted()
        ).toEqual(all.map(({ spanId }) => spanId).toSorted())
      })
    )
    const chain = Array.from({ length: 20_000 }, (_, index) =>
      span(`${index}`, index === 0 ? undefined : `${index - 1}`)
    )
    expect(rowsOf(chain).at(-1)?.depth).toBe(19_999)
  })
})

describe("the scale of a trace", () => {
  it("goes from the first start to the last end", () => {
    const scale = scaleOf({ spans: [span("a", undefined, { start: 10, durationMs: 90 }), span("b")], logs: [] })
    expect(scale).toEqual({ from: 0, to: 100 })
    expect(barOf(scale, { start: 10, durationMs: 40 })).toEqual({ left: 10, width: 40 })
    expect([percentOf(scale, -5), percentOf(scale, 500)]).toEqual([0, 100])
  })

  it("is that of the log lines where no span is here, and has no length where there is one moment", () => {
    const log = (time: number) => ({ time, level: "", text: "", service: "", instance: "", attributes: {} })
    expect(scaleOf({ spans: [], logs: [log(5), log(7)] })).toEqual({ from: 5, to: 7 })
    const scale = scaleOf({ spans: [span("a", undefined, { durationMs: 0 })], logs: [] })
    expect(barOf(scale, { start: 0, durationMs: 0 })).toEqual({ left: 0, width: 0 })
  })

  it("shows a span that ends before it starts where it starts", () => {
    const scale = { from: 0, to: 10 }
    expect(barOf(scale, { start: 5, durationMs: -3 })).toEqual({ left: 5 * 10, width: 0 })
  })
})

describe("lines", () => {
  it("keep what tells them apart whatever arrives after them", () => {
    fc.assert(
      fc.property(fc.array(fc.nat(4)), fc.array(fc.nat(4)), (before, after) => {
        const keyed = (times: ReadonlyArray<number>) => {
          const lines = times.map((time, index) => ({ time, index })).sort((a, b) => a.time - b.time)
          return new Map(lines.map(({ index }, at) => [index, keysOfLines(lines)[at]]))
        }
        const all = keyed([...before, ...after])
        expect(new Set(all.values()).size).toBe(all.size)
        expect([...keyed(before)].filter(([index, key]) => all.get(index) !== key)).toEqual([])
      })
    )
  })
})

import { describe, expect, it } from "@effect/vitest"
import { retryAfterMs } from "../../../src/observe/otlp/retry-after.ts"

const wallMs = Date.UTC(2033, 10, 6, 8, 49, 0)
const longestMs = 300_000

const asked = (value: string | undefined, now = wallMs) =>
  retryAfterMs(
    {
      status: 503,
      statusText: "",
      headers: value === undefined ? {} : { "retry-after": value },
      body: Buffer.alloc(0)
    },
    { longestMs, wallMs: now }
  )

describe("the pause that is asked for", () => {
  it.each([
    ["1", 1_000],
    [" 7 ", 7_000],
    ["86400", longestMs],
    ["99999999999", longestMs],
    ["9".repeat(400), longestMs],
    ["Sun, 06 Nov 2033 08:49:37 GMT", 37_000],
    ["Sunday, 06-Nov-33 08:49:37 GMT", 37_000],
    ["Sun Nov  6 08:49:37 2033", 37_000],
    ["Mon, 06 Nov 2034 08:49:37 GMT", longestMs]
  ])("of %s", (value, ms) => {
    expect(asked(value)).toBe(ms)
  })

  it.each([
    undefined,
    "",
    "0",
    "-1",
    "1.5",
    "1e3",
    "0x10",
    "soon",
    "Infinity",
    "Sun, 06 Nov 2033 08:48:00 GMT",
    "Sun, 99 Nov 2033 08:49:37 GMT",
    "2033-11-06T08:49:37Z"
  ])("is none for %s", (value) => {
    expect(asked(value)).toBeUndefined()
  })

  it("is none by a date where the clock says no time", () => {
    expect(asked("Sun, 06 Nov 2033 08:49:37 GMT", Number.NaN)).toBeUndefined()
  })
})

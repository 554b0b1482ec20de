import * as fc from "fast-check"
import { describe, expect, it } from "vitest"
import { matches, parseFilter, termOf } from "../../src/page/series/filter.ts"

const series = [
  { text: "jobs_completed_total\ndigest\nrunner-1", labels: { job_type: "digest", operation: "process" } },
  { text: "jobs_wait_duration_seconds\nparse\nrunner-2", labels: { job_type: "parse" } },
  { text: "http_requests_total\nget /a b", labels: JSON.parse(`{ "route": "/a b", "__proto__": "own" }`) }
]

/** The numbers of the series that a filter lets through. */
const found = (text: string): ReadonlyArray<number> => {
  const terms = parseFilter(text)
  return series.flatMap((one, index) => (matches(terms, one) ? [index] : []))
}

describe("filter", () => {
  it("finds all without a term", () => {
    expect(["", "   ", '""'].map(found)).toEqual([
      [0, 1, 2],
      [0, 1, 2],
      [0, 1, 2]
    ])
  })

  it("finds words anywhere, in any case, and all of them", () => {
    expect([found("JOBS"), found("total digest"), found("runner-2"), found("nothing")]).toEqual([[0, 1], [0], [1], []])
  })

  it("finds labels by their value, by how it begins, and by what it is not", () => {
    expect([found("job_type=digest"), found("job_type=d*"), found("job_type!=digest"), found("job_type=")]).toEqual([
      [0],
      [0],
      [1, 2],
      [2]
    ])
  })

  it("turns a term round", () => {
    expect([found("-jobs"), found("-job_type=parse"), found("-")]).toEqual([[2], [0, 2], [0, 1]])
  })

  it("takes quoted text as one", () => {
    expect([found('"a b"'), found('route="/a b"'), found('route="/a b'), found('"job_type=digest"')]).toEqual([
      [2],
      [2],
      [2],
      []
    ])
  })

  it("knows only labels that a series has itself", () => {
    expect([found("__proto__=own"), found("constructor="), found("toString!=")]).toEqual([[2], [0, 1, 2], []])
  })

  it("reads a term that was made for a label as this label", () => {
    fc.assert(
      fc.property(fc.string(), (value) => {
        const terms = parseFilter(termOf("label", value))
        return (
          terms.length === 1 &&
          matches(terms, { text: "", labels: { label: value } }) &&
          !matches(terms, { text: "", labels: { label: `${value}x` } })
        )
      })
    )
    expect(parseFilter(termOf("a", 'x "y" \\ z*'))).toEqual([
      { isNot: false, label: "a", text: 'x "y" \\ z*', isPrefix: false }
    ])
  })
})

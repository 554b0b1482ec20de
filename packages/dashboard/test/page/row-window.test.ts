import { describe, expect, it } from "vitest"
import { rowWindow, scrollTo } from "../../src/page/series/row-window.ts"

const list = { count: 10_000, rowHeight: 32, top: 200, screenHeight: 900 }

describe("row window", () => {
  it("has the rows on the screen, and six on each side", () => {
    expect(rowWindow(list)).toEqual({ first: 0, end: 28 })
    expect(rowWindow({ ...list, top: -3200 })).toEqual({ first: 94, end: 135 })
  })

  it("ends with the list", () => {
    expect(rowWindow({ ...list, top: 900 - 320_000 })).toEqual({ first: 9965, end: 10_000 })
    expect(rowWindow({ ...list, count: 3 })).toEqual({ first: 0, end: 3 })
    expect(rowWindow({ ...list, count: 0 })).toEqual({ first: 0, end: 0 })
  })

  it("stays within a list that has become shorter", () => {
    expect(rowWindow({ ...list, count: 5, top: -100_000 })).toEqual({ first: 5, end: 5 })
  })

  it("scrolls only as far as a row needs to be on the screen, below the header", () => {
    expect([scrollTo(0, list, 34), scrollTo(21, list, 34), scrollTo(22, list, 34)]).toEqual([0, 4, 36])
    expect(scrollTo(10, { ...list, top: -400 }, 34)).toBe(-114)
  })
})

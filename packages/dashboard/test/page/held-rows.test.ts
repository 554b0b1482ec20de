import { describe, expect, it } from "vitest"
import { freshRows, heldRows } from "../../src/page/jobs/held-rows.ts"
import { jobWith } from "./job.ts"

const items = (...ids: ReadonlyArray<string>) => ids.map((id) => jobWith({ id }))
const shown = (...ids: ReadonlyArray<string>) => freshRows(items(...ids)).rows
const textOf = ({ arrived, left, rows }: ReturnType<typeof heldRows>) =>
  `${rows.map(({ isGone, job }) => (isGone ? `(${job.id})` : job.id)).join(" ")}, ${arrived} new, ${left} gone`

describe("held rows", () => {
  it("take what changed in a job without moving it", () => {
    const { rows } = heldRows(shown("a", "b"), [jobWith({ id: "b", attempt: 2 }), jobWith({ id: "a" })], 50)
    expect(rows.map(({ job }) => [job.id, job.attempt])).toEqual([
      ["a", 0],
      ["b", 2]
    ])
  })

  it("count what came and stay as they are", () => {
    expect(textOf(heldRows(shown("c", "b", "a"), items("e", "d", "c", "b", "a"), 50))).toBe("c b a, 2 new, 0 gone")
  })

  it("mark what left", () => {
    expect(textOf(heldRows(shown("c", "b", "a"), items("c", "a"), 50))).toBe("c (b) a, 0 new, 1 gone")
  })

  it("do not take what was pushed to the next page for gone", () => {
    expect(textOf(heldRows(shown("c", "b", "a"), items("d", "c", "b"), 3))).toBe("c b a, 1 new, 0 gone")
  })

  it("do not take what moved up from the next page for new", () => {
    expect(textOf(heldRows(shown("d", "c", "b"), items("d", "b", "a"), 3))).toBe("d (c) b, 0 new, 1 gone")
  })

  it("mark a job that came back as there", () => {
    const gone = heldRows(shown("b", "a"), items("a"), 50)
    expect(textOf(heldRows(gone.rows, items("b", "a"), 50))).toBe("b a, 0 new, 0 gone")
  })

  it("give way to the answer when all of them have left", () => {
    expect(textOf(heldRows(shown("b", "a"), items("d", "c"), 50))).toBe("d c, 0 new, 0 gone")
  })
})

import { describe, expect, it } from "vitest"
import { parseRoute } from "../../src/page/address.ts"
import { listHref, listPath, listQueryOf } from "../../src/page/jobs/list-query.ts"

const queryOf = (address: string) => listQueryOf(parseRoute(address).parameters)

describe("list query", () => {
  it("comes back from its address as it went in", () => {
    const query = { state: "dead", type: "a&b=c", order: "oldest", after: "x/y+z", page: 3 } as const
    expect(queryOf(listHref(query))).toEqual(query)
  })

  it("lists the running jobs where the address says nothing that it knows", () => {
    expect(queryOf("#/jobs?state=__proto__&order=worst&page=-2")).toEqual({
      state: "running",
      order: "oldest",
      page: 1
    })
  })

  it("begins with what ended last, unless the address says otherwise", () => {
    expect(queryOf("#/jobs?state=dead").order).toBe("newest")
  })

  it("leaves out of the address what is usual", () => {
    expect(listHref({ state: "dead", order: "newest", page: 1 })).toBe("#/jobs?state=dead")
  })

  it("asks the server for a page of fifty", () => {
    expect(listPath({ state: "dead", type: "a b", order: "newest", after: "x", page: 2 })).toBe(
      "list?state=dead&order=newest&limit=50&type=a+b&after=x"
    )
  })
})

import { describe, expect, it } from "vitest"
import { hrefOf, parseRoute } from "../../src/page/address.ts"

describe("address", () => {
  it("comes back from an address as it went in, whatever is in it", () => {
    const { parameters, screen, subject } = parseRoute(hrefOf("jobs", "a/b?c#d %", { type: "x&y", empty: "" }))
    expect({ screen, subject, parameters: [...parameters] }).toEqual({
      screen: "jobs",
      subject: "a/b?c#d %",
      parameters: [["type", "x&y"]]
    })
  })

  it("takes an address that is no valid encoding as it is", () => {
    expect(parseRoute("#/jobs/%E0%A4%A").subject).toBe("%E0%A4%A")
  })

  it("is there for a text with half a character, which no address can hold", () => {
    expect(parseRoute(hrefOf("series", "a\ud800b")).subject).toBe("a\ufffdb")
  })
})

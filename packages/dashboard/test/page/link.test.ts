import { describe, expect, it } from "vitest"
import { webAddress } from "../../src/page/jobs/link.ts"

describe("web address", () => {
  it.each(["https://traces.example/t/1", "http://localhost:16686/trace/1"])("goes to %s", (address) => {
    expect(webAddress(address)).toBe(address)
  })

  it.each(["javascript:alert(1)", " JaVaScRiPt:alert(1)", "data:text/html,x", "//traces.example", "", undefined])(
    "does not go to %s",
    (address) => {
      expect(webAddress(address)).toBeUndefined()
    }
  )
})

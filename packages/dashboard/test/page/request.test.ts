import { afterEach, describe, expect, it, vi } from "vitest"
import { change, problemOf, read } from "../../src/page/jobs/request.ts"

const answering = (status: number, body: string, contentType = "application/json") =>
  vi.stubGlobal(
    "fetch",
    vi.fn(async () => new Response(body, { status, headers: { "content-type": contentType } }))
  )

const problem = async () => problemOf(await read("summary", new AbortController().signal).catch((error) => error))

describe("request", () => {
  afterEach(() => void vi.unstubAllGlobals())

  it.each([
    [401, "forbidden"],
    [403, "forbidden"],
    [404, "missing"],
    [409, "refused"],
    [413, "refused"],
    [503, "lost"]
  ])("says what the server says with %d", async (status, kind) => {
    answering(status, JSON.stringify({ _tag: "Any", message: "No" }))
    expect(await problem()).toEqual({ kind, message: "No." })
  })

  it("does not take a 404 of something before the server for a job that is missing", async () => {
    answering(404, "<h1>Not found</h1>", "text/html")
    expect(await problem()).toEqual({ kind: "lost", message: "The server answered 404." })
  })

  it("does not take a page to log in for an answer", async () => {
    answering(200, "<form>", "text/html")
    expect(await problem()).toEqual({
      kind: "lost",
      message: "The answer is not from the jobs page: your login may have ended."
    })
  })

  it("says that the server can't be reached", async () => {
    vi.stubGlobal(
      "fetch",
      vi.fn(async () => Promise.reject(new TypeError("Failed to fetch")))
    )
    expect(await problem()).toEqual({ kind: "lost", message: "The server can't be reached." })
  })

  it("sends JSON to a relative address", async () => {
    answering(200, "{}")
    await change("dead/replay", { ids: ["a"] })
    expect(vi.mocked(fetch).mock.calls).toEqual([
      [
        "jobs/dead/replay",
        {
          method: "POST",
          headers: { accept: "application/json", "content-type": "application/json" },
          body: '{"ids":["a"]}'
        }
      ]
    ])
  })
})

/** The files of the page, and the answers to requests for them. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import path from "node:path"
import { gunzipSync } from "node:zlib"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { answerPage, pageHeaders, PageNotBuilt, readPageFiles, withSlash } from "../src/page-files.ts"

let folder = ""
const script = "console.log('a page')\n".repeat(20)

beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), "page-files-"))
  mkdirSync(path.join(folder, "assets"))
  writeFileSync(path.join(folder, "index.html"), "<!doctype html>")
  writeFileSync(path.join(folder, "assets/index-abc.js"), script)
})

afterAll(() => rmSync(folder, { recursive: true }))

const configuration = { hasMetrics: true, hasJobs: false, setup: ["A=1"] }
const ask = (name: string, headers: Readonly<Record<string, string>> = {}, method = "GET") =>
  answerPage(readPageFiles(folder), configuration, { method, path: name, headers })
const bodyOf = (answer: ReturnType<typeof ask>) => Buffer.from(answer?.body ?? []).toString()

describe("the page's files", () => {
  it("come with strict headers, and the page itself is asked for each time", () => {
    const answer = ask("")
    expect(bodyOf(answer)).toBe("<!doctype html>")
    expect(answer).toMatchObject({
      status: 200,
      headers: { ...pageHeaders, "content-type": "text/html; charset=utf-8", "cache-control": "no-cache" }
    })
    expect(ask("index.html")).toEqual(answer)
  })

  it("are kept for a year where their name changes with them", () => {
    expect(ask("assets/index-abc.js")?.headers["cache-control"]).toBe("public, max-age=31536000, immutable")
  })

  it("come as gzip to who takes that, and as they are to others", () => {
    const zipped = ask("assets/index-abc.js", { "accept-encoding": "br, gzip;q=0.5" })
    expect(gunzipSync(zipped?.body ?? new Uint8Array()).toString()).toBe(script)
    expect(zipped?.headers).toMatchObject({ "content-encoding": "gzip", vary: "accept-encoding" })
    const plain = ask("assets/index-abc.js", { "accept-encoding": "gzip;q=0, br" })
    expect(bodyOf(plain)).toBe(script)
    expect(plain?.headers["content-encoding"]).toBeUndefined()
    expect(plain?.headers["etag"]).not.toBe(zipped?.headers["etag"])
  })

  it("are not sent again to who has them", () => {
    const etag = ask("")?.headers["etag"] ?? ""
    const again = ask("", { "if-none-match": `"other", W/${etag}` })
    expect(again).toMatchObject({ status: 304, headers: { etag } })
    expect(again?.body).toBeUndefined()
    expect(ask("", { "if-none-match": '"other"' })?.status).toBe(200)
  })

  it("are read and not written", () => {
    expect(ask("", {}, "HEAD")?.body).toBeUndefined()
    expect(ask("", {}, "HEAD")?.headers).toEqual(ask("")?.headers)
    expect(ask("", {}, "POST")).toEqual({ status: 405, headers: { ...pageHeaders, allow: "GET, HEAD" } })
    expect(ask("config.json", {}, "DELETE")?.status).toBe(405)
  })

  it.each(["../package.json", "assets/../index.html", "__proto__", "assets", "assets/", "/index.html", "%2e%2e/x"])(
    "are all that can be read: %s is none",
    (name) => expect(ask(name)).toBeUndefined()
  )

  it("say what can be shown where they are served", () => {
    expect(JSON.parse(bodyOf(ask("config.json")))).toEqual(configuration)
    expect(ask("config.json")?.headers).toMatchObject({ "cache-control": "no-store", ...pageHeaders })
  })

  it("say how they are built where they are not", () => {
    expect(() => readPageFiles(path.join(folder, "assets"))).toThrow(PageNotBuilt)
    expect(() => readPageFiles(path.join(folder, "none"))).toThrow(
      `The page is not built: ${path.join(folder, "none")} has no index.html. Build it with "npx nx run dashboard:page".`
    )
  })
})

describe("a request for the page without a slash", () => {
  it("belongs to the same path with one, relative to it", () => {
    expect(withSlash("/admin/jobs")).toBe("./jobs/")
    expect(withSlash("/jobs?a=b?c")).toBe("./jobs/?a=b?c")
    expect(withSlash("/jobs/?a")).toBeUndefined()
  })
})

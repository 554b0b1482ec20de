import * as HttpServerRequest from "@effect/platform/HttpServerRequest"
import { describe, expect, it } from "@effect/vitest"
import { makePageToken } from "../../../src/demo/page/token.ts"

const own = { host: "127.0.0.1:4000" }

const requestOf = (path: string, headers: Readonly<Record<string, string>>) =>
  HttpServerRequest.fromWeb(new Request(`http://127.0.0.1:4000${path}`, { headers: { ...own, ...headers } }))

describe("the token of the demo's page", () => {
  const { address, entry, levelOf } = makePageToken(4000)
  const token = new URL(address).searchParams.get("token") ?? ""

  it("moves from the address into a cookie that no script and no other site can use", () => {
    const response = entry(requestOf(`/?token=${token}`, {}))
    expect({ status: response?.status, headers: response?.headers }).toEqual({
      status: 303,
      headers: {
        location: "/",
        "cache-control": "no-store",
        "set-cookie": `demo-4000=${token}; Path=/; HttpOnly; SameSite=Lax`
      }
    })
  })

  it("is not taken when it is another one", () => {
    expect([`/?token=${token}x`, "/?token=", "/"].map((path) => entry(requestOf(path, {})))).toEqual([
      undefined,
      undefined,
      undefined
    ])
  })

  const link = { "sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate", "sec-fetch-dest": "document" }

  it("opens the page by a link of another page", () => {
    expect({
      entry: entry(requestOf(`/?token=${token}`, link))?.status,
      page: levelOf(requestOf("/", { ...link, cookie: `demo-4000=${token}` }))
    }).toEqual({ entry: 303, page: "write" })
  })

  it("lets its holder in and nobody else, nor a page of elsewhere that uses the holder's cookie", () => {
    const cookie = { cookie: `demo-4000=${token}` }
    expect([
      levelOf(requestOf("/", cookie)),
      levelOf(requestOf("/", {})),
      levelOf(requestOf("/", { cookie: `demo-4001=${token}` })),
      levelOf(requestOf("/", { ...cookie, host: "rebound.example" })),
      levelOf(requestOf("/", { ...cookie, "sec-fetch-site": "cross-site" })),
      levelOf(requestOf("/jobs/summary", { ...cookie, ...link }))
    ]).toEqual(["write", "none", "none", "none", "none", "none"])
  })
})

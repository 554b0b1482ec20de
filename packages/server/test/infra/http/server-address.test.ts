import { expect, it } from "@effect/vitest"
import { serverOf } from "../../../src/infra/http/server-address.ts"

it.each([
  ["http://example.com/path?query=1", "example.com", "80"],
  ["https://example.com", "example.com", "443"],
  ["HTTPS://Example.COM:8443/", "example.com", "8443"],
  ["http://user:secret@example.com:81#part", "example.com", "81"],
  ["http://[::1]:3000/", "::1", "3000"],
  ["http://example.com\\path@other.example", "example.com", "80"],
  ["/relative", undefined, undefined],
  ["http://", undefined, undefined],
  ["http://[broken", undefined, undefined]
])("the server of %s is %s, port %s", (url, address, port) => {
  expect([serverOf(url), serverOf(url)]).toEqual([
    { address, port },
    { address, port }
  ])
})

/** The control API takes commands of `npm run jobs`, and nothing that a web page sends, whatever that knows. */
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { readdir, readFile } from "node:fs/promises"
import { request as httpRequest } from "node:http"
import path from "node:path"
import { folderOf, start } from "../program.ts"

interface Command {
  readonly port: number
  readonly method?: string
  readonly path?: string
  readonly body?: string
  readonly headers: Record<string, string>
}

const send = ({
  body = JSON.stringify({ _tag: "Depth" }),
  headers,
  method = "POST",
  path: to = "/depth",
  port
}: Command) =>
  Effect.async<string>((resume) => {
    const sent = httpRequest({ host: "127.0.0.1", port, method, path: to, headers, agent: false }, (response) => {
      let text = ""
      response.on("data", (part: Buffer) => (text += part.toString()))
      response.on("end", () => resume(Effect.succeed(`${response.statusCode} ${text}`)))
    })
    sent.on("error", (error) => resume(Effect.succeed(error.message)))
    sent.end(method === "POST" ? body : undefined)
  })

describe("the control API", { timeout: 60_000 }, () => {
  it.scopedLive("refuses another Host, another Origin, another token and other methods", () =>
    Effect.gen(function* () {
      const temporary = yield* folderOf({})
      const folder = yield* folderOf({ "a.txt": "a" })
      const demo = yield* start("main", [folder], { env: { ...process.env, TMPDIR: temporary } })
      const [, given = ""] = yield* demo.waitFor(/Control this server \(port (\d+)\)/)
      const port = Number(given)
      const registration = yield* Effect.promise(async () => {
        const registrations = path.join(temporary, `job-servers-${process.geteuid?.() ?? 0}`)
        const [name = ""] = await readdir(registrations)
        return await readFile(path.join(registrations, name), "utf8")
      })
      const { token }: { token: string } = JSON.parse(registration)
      const authorization = `Bearer ${token}`
      expect(yield* send({ port, headers: { authorization } })).toMatch(/^200 \{"_tag":"Depths"/)
      expect(yield* send({ port, path: "/other", headers: { authorization } })).toMatch(/^404 \{"_tag":"Rejected"/)
      for (const body of ["", "{", `"${"x".repeat(100_000)}"`]) {
        expect(yield* send({ port, body, headers: { authorization } })).toMatch(/^(200|413) \{"_tag":"Rejected"/)
      }
      const refused: ReadonlyArray<Omit<Command, "port">> = [
        { headers: { authorization, host: `rebound.test:${port}` } },
        { headers: { authorization, host: "127.0.0.1.nip.io" } },
        { headers: { authorization, origin: "http://evil.test" } },
        { headers: { authorization, origin: "null" } },
        { headers: { authorization, "sec-fetch-site": "cross-site" } },
        { headers: { authorization: `${authorization}x` } },
        { headers: { authorization: "" } },
        { headers: {} },
        { method: "GET", headers: { authorization } },
        { method: "OPTIONS", headers: { authorization, origin: "http://evil.test" } }
      ]
      for (const one of refused) {
        expect(yield* send({ port, ...one })).toMatch(/^403 \{"_tag":"Rejected"/)
      }
    })
  )
})

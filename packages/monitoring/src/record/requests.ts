/**
 * Requests to the demo's control API while it is recorded, as programs of the same machine send them: commands of several
 * kinds, some without the token, to paths that do not exist, or given up before the answer.
 */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Schedule from "effect/Schedule"
import { readdirSync, readFileSync } from "node:fs"
import { tmpdir } from "node:os"
import path from "node:path"

interface Sent {
  readonly path: string
  readonly body: object
  readonly token?: string
  /** Milliseconds after which it is given up. */
  readonly patience?: number
}

/** Sends requests to the control API at a port, more and fewer in turn, until it is interrupted; `files` is the demo's folder. */
export const sendRequests = (port: string, files: string) =>
  Effect.gen(function* () {
    const token = tokenOf(port)
    let count = 0
    const next = (): Sent => {
      count += 1
      if (count % 40 === 0) {
        return { path: "/depth", body: { _tag: "Depth" } }
      }
      if (count % 30 === 0) {
        return { path: "/queues", body: {}, token }
      }
      if (count % 20 === 0) {
        const file = path.join(files, `${(count % 1000) + 1}.txt`)
        return { path: "/submit", body: { _tag: "Submit", type: "digest", file }, token }
      }
      if (count % 13 === 0) {
        return { path: "/depth", body: { _tag: "Depth" }, token, patience: 3 }
      }
      return count % 3 === 0
        ? { path: "/dead-letters", body: { _tag: "Dead", limit: 50 }, token }
        : { path: "/depth", body: { _tag: "Depth" }, token }
    }
    const some = Effect.flatMap(Clock.currentTimeMillis, (now) =>
      Effect.forEach(Array.from({ length: Math.round(6 + 4 * Math.sin(now / 20_000)) }), () => send(port, next()), {
        discard: true
      })
    )
    yield* Effect.repeat(some, Schedule.fixed("1 second"))
  })

const send = (port: string, { body, patience, path: to, token }: Sent) =>
  Effect.promise(async () => {
    const headers = { "content-type": "application/json", ...(token === undefined ? {} : { authorization: token }) }
    const signal = AbortSignal.timeout(patience ?? 30_000)
    const asked = { method: "POST", body: JSON.stringify(body), headers, signal }
    // A request that is given up has no answer, and the server may have ended.
    await fetch(`http://127.0.0.1:${port}${to}`, asked).then(
      (response) => response.text().catch(() => ""),
      () => ""
    )
  })

/** What the control API asks of a request; it registers before it prints its port. */
const tokenOf = (port: string): string => {
  const folder = path.join(tmpdir(), `job-servers-${process.geteuid?.() ?? "user"}`)
  const registrations = readdirSync(folder)
    .filter((name) => name.endsWith(".json"))
    .map((name): { port: number; token: string } => JSON.parse(readFileSync(path.join(folder, name), "utf8")))
  return `Bearer ${registrations.find((one) => String(one.port) === port)?.token ?? ""}`
}

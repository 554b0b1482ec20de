import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { spawn } from "node:child_process"
import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { compilePrograms } from "../../../../vitest.programs.ts"
import { Receiver } from "../../src/receiver/receiver.ts"
import { FailureMode, spawnReceiver } from "../../src/receiver/spawn.ts"
import { gauge, point, post, requestOf, sum } from "../receiver/request.ts"
import { recordEveryKind, source } from "../receiver/sdk.ts"

const good = requestOf(gauge(point({ asDouble: 0.5 })))

/** The receiver compiled; the first and the last test run it from its source. */
const compiled = Effect.map(
  Effect.acquireRelease(
    Effect.promise(() => compilePrograms(here("../.."), { receiver: here("../../src/main.ts") })),
    (folder) => Effect.promise(() => rm(folder, { recursive: true, force: true }))
  ),
  (folder) => ({ program: join(folder, "receiver.js") })
)

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url))

describe("a receiver in a process of its own", () => {
  it.scopedLive("shows the page where it is given its folder", () =>
    Effect.gen(function* () {
      const pageFolder = yield* Effect.acquireRelease(
        Effect.promise(() => mkdtemp(join(tmpdir(), "page-"))),
        (made) => Effect.promise(() => rm(made, { recursive: true, force: true }))
      )
      yield* Effect.promise(() => writeFile(join(pageFolder, "index.html"), "<!doctype html>A page"))
      const { url } = yield* spawnReceiver({ ...(yield* compiled), pageFolder })
      const page = yield* Effect.promise(() => fetch(new URL("/", url)).then((response) => response.text()))
      expect(page).toBe("<!doctype html>A page")
    })
  )

  it.scopedLive("keeps the last of many lines that it prints", () =>
    Effect.gen(function* () {
      const folder = yield* Effect.acquireRelease(
        Effect.promise(() => mkdtemp(join(tmpdir(), "receiver-"))),
        (made) => Effect.promise(() => rm(made, { recursive: true, force: true }))
      )
      const program = join(folder, "many-lines.mjs")
      const script = `
        process.on("SIGTERM", () => process.stdout.write("", () => process.exit()))
        console.log(JSON.stringify({ url: "http://localhost", controlUrl: "http://localhost" }))
        for (let line = 0; line < 25_000; line++) console.log(String(line))
        setInterval(() => {}, 1_000)`
      yield* Effect.promise(() => writeFile(program, script))
      const { stop } = yield* spawnReceiver({ program })
      const lines = yield* stop
      expect([lines.length, lines.at(0), lines.at(-1)]).toEqual([10_000, "15000", "24999"])
    })
  )

  it.scopedLive(
    "leaves nothing in the folder for temporary files, and takes nothing from there",
    () =>
      Effect.gen(function* () {
        const folder = yield* Effect.acquireRelease(
          Effect.promise(() => mkdtemp(join(tmpdir(), "receiver-"))),
          (made) => Effect.promise(() => rm(made, { recursive: true, force: true }))
        )
        const before = process.env["TMPDIR"]
        yield* Effect.acquireRelease(
          Effect.sync(() => Object.assign(process.env, { TMPDIR: folder })),
          () =>
            Effect.sync(() => (before === undefined ? delete process.env["TMPDIR"] : (process.env["TMPDIR"] = before)))
        )
        const receiver = yield* spawnReceiver()
        expect((yield* receiver.state).series).toEqual([])
        expect(yield* Effect.promise(() => readdir(folder))).toEqual([])
      }),
    30_000
  )

  it.scopedLive(
    "has the same state as one in this process",
    () =>
      Effect.gen(function* () {
        const inside = yield* Receiver.make()
        const outside = yield* spawnReceiver()
        const fromSdk = yield* source({ url: inside.url, protocol: "protobuf" })
        recordEveryKind(fromSdk.provider)
        yield* fromSdk.flush
        const bodies = [good, requestOf(sum(point({ asDouble: "NaN", startTimeUnixNano: "0" }))), "{"]
        for (const body of bodies) {
          yield* post(inside.url, body)
          yield* post(outside.url, body)
        }
        const state = yield* outside.state
        const names = ["gauge", "sum"]
        expect(state.series).toEqual(
          (yield* inside.series).filter(({ name, scope }) => names.includes(name) && scope.name === "hand")
        )
        expect(state.violations.map(({ kind }) => kind)).toEqual(["no-start", "non-finite"])
        expect(state.requests.map(({ acknowledged, points, status }) => [status, acknowledged, points])).toEqual([
          [200, 1, 1],
          [200, 1, 1],
          [400, 0, 0]
        ])
        yield* outside.clear
        expect(yield* outside.state).toEqual({
          failureMode: FailureMode.none,
          series: [],
          requests: [],
          violations: []
        })
      }),
    30_000
  )

  it.scopedLive(
    "changes its failure mode, refuses and listens again, and prints a summary at the end",
    () =>
      Effect.gen(function* () {
        const receiver = yield* spawnReceiver(yield* compiled)
        yield* receiver.setFailureMode(FailureMode.status(429, { retryAfterSeconds: 3 }))
        const answer = yield* post(receiver.url, good)
        expect([answer.status, answer.headers["retry-after"]]).toEqual([429, "3"])
        yield* receiver.setFailureMode(FailureMode.refuse)
        expect((yield* Effect.either(post(receiver.url, good)))._tag).toBe("Left")
        expect((yield* receiver.state).failureMode).toEqual(FailureMode.refuse)
        yield* receiver.setFailureMode(FailureMode.none)
        expect((yield* post(receiver.url, good)).status).toBe(200)
        const lines = (yield* receiver.stop).map((line): unknown => JSON.parse(line))
        expect(lines).toEqual([
          expect.objectContaining({ type: "request", index: 0, status: 429, points: 1, acknowledged: 0 }),
          expect.objectContaining({ type: "request", index: 1, status: 200, points: 1, acknowledged: 1 }),
          { type: "summary", requests: 2, acknowledgedRequests: 1, acknowledgedPoints: 1, series: 1, violations: 0 }
        ])
        expect((yield* Effect.either(receiver.state))._tag).toBe("Left")
      }),
    30_000
  )

  it.scopedLive(
    "says why it did not start when its port is in use",
    () =>
      Effect.gen(function* () {
        const { port } = yield* Receiver.make()
        const error = yield* Effect.flip(spawnReceiver({ port, ...(yield* compiled) }))
        expect(error.message).toMatch(new RegExp(`^the receiver exited: Port ${port} of 127\\.0\\.0\\.1 is in use\\.`))
      }),
    30_000
  )

  it.scopedLive(
    "does not outlive the process that started it, even when that is killed",
    () =>
      Effect.gen(function* () {
        const program = `
          import { spawnReceiver } from ${JSON.stringify(new URL("../../src/receiver/spawn.ts", import.meta.url).href)}
          import * as Effect from "effect/Effect"
          const hold = Effect.flatMap(spawnReceiver(), ({ pid }) => Effect.zipRight(Effect.log("pid", pid), Effect.never))
          Effect.runFork(Effect.scoped(hold))`
        const cwd = fileURLToPath(new URL("../..", import.meta.url))
        const holder = yield* Effect.acquireRelease(
          Effect.sync(() =>
            spawn(process.execPath, ["--import", "tsx", "--input-type=module", "--eval", program], { cwd })
          ),
          (child) => Effect.sync(() => child.kill("SIGKILL"))
        )
        const line = yield* Effect.async<string>((resume) => {
          holder.stdout.once("data", (text: Buffer) => resume(Effect.succeed(text.toString())))
        })
        const pid = Number(/message=(\d+)/.exec(line)?.[1])
        const isAlive = Effect.isSuccess(Effect.try(() => process.kill(pid, 0)))
        expect(yield* isAlive).toBe(true)
        holder.kill("SIGKILL")
        yield* Effect.repeat(Effect.delay(isAlive, "50 millis"), { while: (alive) => alive })
      }),
    60_000
  )
})

describe("the control endpoint", () => {
  const call = (url: string, init: RequestInit = {}) =>
    Effect.tryPromise(async () => {
      const response = await fetch(url, { ...init, headers: { connection: "close" } })
      return [response.status, await response.text()] as const
    })

  it.scopedLive("is off by default", () =>
    Effect.gen(function* () {
      expect((yield* Receiver.make()).controlUrl).toBe(undefined)
    })
  )

  it.scopedLive("accepts a failure mode as JSON, and rejects anything else", () =>
    Effect.gen(function* () {
      const receiver = yield* Receiver.make({ control: true })
      const url = `${receiver.controlUrl}/failure-mode`
      const slow = '{"_tag":"Slow","millis":20}'
      expect(yield* call(url, { method: "PUT", body: slow })).toEqual([200, slow])
      expect(yield* receiver.failureMode).toEqual(FailureMode.slow("20 millis"))
      for (const body of ["", "{}", '{"_tag":"Slow","millis":-1}', '{"_tag":"Status","status":418}']) {
        expect((yield* call(url, { method: "PUT", body }))[0]).toBe(400)
      }
      expect(yield* call(url)).toEqual([200, slow])
      expect((yield* call(`${receiver.controlUrl}/elsewhere`))[0]).toBe(404)
    })
  )
})

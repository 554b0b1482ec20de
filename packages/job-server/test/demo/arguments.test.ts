import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { chmod } from "node:fs/promises"
import { createServer } from "node:net"
import { UsageError } from "../../src/command-line/usage-error.ts"
import { parseDemoOptions } from "../../src/demo/arguments.ts"
import { folderOf, run } from "../program.ts"

/** What the demo prints, and its exit code, when it cannot start. */
const runDemo = (...args: ReadonlyArray<string>) =>
  Effect.map(run("main", args), ({ code, stderr, stdout }) => ({ code, lines: stderr.trimEnd().split("\n"), stdout }))

const usageErrorOf = (line: string) => ({ code: 2, lines: [line], stdout: "" })

describe("the demo rejects in one line", { timeout: 60_000 }, () => {
  it.live("a folder that does not exist", () =>
    Effect.map(runDemo("/nowhere/at/all", "--once"), (exited) =>
      expect(exited).toEqual(
        usageErrorOf("/nowhere/at/all does not exist. Use another folder, or omit it to use this repository.")
      )
    )
  )

  it.live("a folder whose name has several", () =>
    Effect.map(runDemo("/nowhere\nfake: all is well", "--once"), (exited) =>
      expect(exited).toEqual(
        usageErrorOf(
          "/nowhere\\u000afake: all is well does not exist. Use another folder, or omit it to use this repository."
        )
      )
    )
  )

  it.scopedLive("a file instead of a folder", () =>
    Effect.gen(function* () {
      const folder = yield* folderOf({ "a.txt": "a" })
      expect(yield* runDemo(`${folder}/a.txt`, "--once")).toEqual(
        usageErrorOf(`${folder}/a.txt is a file. Use the folder that contains it: ${folder}`)
      )
    })
  )

  // Root can read everything, so it starts the demo as another user.
  it.scopedLive("a folder that cannot be read", () =>
    Effect.gen(function* () {
      const folder = yield* folderOf({ "a.txt": "a" })
      yield* Effect.promise(() => chmod(folder, 0o000))
      const nobody = process.getuid?.() === 0 ? { uid: 65534, gid: 65534 } : {}
      const { code, stderr } = yield* run("main", [folder, "--once"], nobody)
      expect({ code, stderr }).toEqual({
        code: 2,
        stderr: `${folder} cannot be read: permission denied. Use another folder, or omit it to use this repository.\n`
      })
    })
  )

  it.scopedLive("a port that is in use", () =>
    Effect.gen(function* () {
      const folder = yield* folderOf({ "a.txt": "a" })
      const port = yield* takenPort
      const { code, lines, stdout } = yield* runDemo(folder, "--once", "--port", String(port))
      expect({ code, lines: lines.length, stdout }).toEqual({ code: 2, lines: 1, stdout: "" })
      expect(lines[0]).toMatch(
        new RegExp(`^--port ${port}: Port ${port} of 127.0.0.1 is in use\\. .*0 takes a free one`)
      )
    })
  )

  it.live("an invalid option, with nothing on standard output", () =>
    Effect.map(runDemo("--seconds", "soon"), (exited) =>
      expect(exited).toEqual(
        usageErrorOf('--seconds must be a number above 0 and at most 86400, not "soon". Example: --seconds 30')
      )
    )
  )
})

describe("the command line", () => {
  it.effect.each([
    [["--seconds", "soon"], '--seconds must be a number above 0 and at most 86400, not "soon". Example: --seconds 30'],
    [["--seconds", "0"], '--seconds must be a number above 0 and at most 86400, not "0". Example: --seconds 30'],
    [["--seconds", ""], '--seconds must be a number above 0 and at most 86400, not "". Example: --seconds 30'],
    [["--port", "70000"], '--port must be a whole number from 0 to 65535, not "70000". Omit it to use a free port.'],
    [["--runners", "9"], '--runners must be a whole number from 1 to 8, not "9". Example: --runners 3'],
    [["--runners", "two"], '--runners must be a whole number from 1 to 8, not "two". Example: --runners 3'],
    [["--kill-one"], "--kill-one needs at least two runners, so that one is left. Add --runners 3."],
    [["--otlp", "localhost:4318"], "--otlp must be an http or https address. Example: --otlp http://localhost:4318"],
    [
      ["--otlp", "http:localhost:4318"],
      "--otlp must be an http or https address. Example: --otlp http://localhost:4318"
    ],
    [
      ["--otlp", "http://localhost:0"],
      "--otlp must be an http or https address. Example: --otlp http://localhost:4318"
    ],
    [
      ["--traces", "--otlp", "http://localhost:4318"],
      "--traces and --otlp exclude each other: spans and log lines go to one address."
    ],
    [["--twice"], "Unknown option '--twice'. See npm run demo -- --help"],
    [["a", "b"], "Only one folder is possible, not 2 (a, b)."]
  ] as const)("%j is rejected", ([args, line]) =>
    Effect.map(Effect.flip(parseDemoOptions(args, "/here")), (error) =>
      expect(error).toEqual(new UsageError({ message: line }))
    )
  )

  it.effect("is parsed completely", () =>
    Effect.map(
      parseDemoOptions(
        [
          "/there",
          "--once",
          "--json",
          "--seconds",
          "1.5",
          "--port",
          "4318",
          "--runners",
          "3",
          "--kill-one",
          "--otlp",
          "https://otlp.example.org/in"
        ],
        "/here"
      ),
      (options) =>
        expect(options).toEqual({
          folder: "/there",
          isOnce: true,
          isJson: true,
          seconds: 1.5,
          runners: 3,
          isKilling: true,
          port: 4318,
          otlp: "https://otlp.example.org/in",
          hasTraces: false
        })
    )
  )

  it.effect("may ask for traces", () =>
    Effect.map(parseDemoOptions(["--traces"], "/here"), (options) => expect(options).toMatchObject({ hasTraces: true }))
  )

  it.effect("has a default for everything", () =>
    Effect.map(parseDemoOptions([], "/here"), (options) =>
      expect(options).toEqual({
        folder: "/here",
        isOnce: false,
        isJson: false,
        seconds: undefined,
        runners: 1,
        isKilling: false,
        port: 0,
        otlp: undefined,
        hasTraces: false
      })
    )
  )
})

const takenPort = Effect.acquireRelease(
  Effect.async<ReturnType<typeof createServer>>((resume) => {
    const server = createServer()
    server.listen(0, "127.0.0.1", () => resume(Effect.succeed(server)))
  }),
  (server) => Effect.sync(() => server.close())
).pipe(
  Effect.map((server) => {
    const address = server.address()
    return typeof address === "object" && address !== null ? address.port : 0
  })
)

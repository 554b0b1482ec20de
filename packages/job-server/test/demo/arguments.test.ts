import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { chmod } from "node:fs/promises"
import { createServer } from "node:net"
import { BadArgument, parseDemoOptions } from "../../src/demo/arguments.ts"
import { folderOf, run } from "../program.ts"

/** What the demo says, and with what code it ends, when it can't start as asked. */
const refusal = (...args: ReadonlyArray<string>) =>
  Effect.map(run("main", args), ({ code, stderr, stdout }) => ({ code, lines: stderr.trimEnd().split("\n"), stdout }))

const refusedWith = (line: string) => ({ code: 2, lines: [line], stdout: "" })

describe("the demo refuses in one line", { timeout: 60_000 }, () => {
  it.live("a folder that does not exist", () =>
    Effect.map(refusal("/nowhere/at/all", "--once"), (refused) =>
      expect(refused).toEqual(
        refusedWith(
          "/nowhere/at/all does not exist, expected a folder that can be read: check the path, or leave it out to work on this repository"
        )
      )
    )
  )

  it.scopedLive("a file in the place of a folder", () =>
    Effect.gen(function* () {
      const folder = yield* folderOf({ "a.txt": "a" })
      expect(yield* refusal(`${folder}/a.txt`, "--once")).toEqual(
        refusedWith(`${folder}/a.txt is a file, expected a folder: name the folder that it lies in, ${folder}`)
      )
    })
  )

  // The superuser may read everything, so it starts the demo as another user.
  it.scopedLive("a folder that may not be read", () =>
    Effect.gen(function* () {
      const folder = yield* folderOf({ "a.txt": "a" })
      yield* Effect.promise(() => chmod(folder, 0o000))
      const nobody = process.getuid?.() === 0 ? { uid: 65534, gid: 65534 } : {}
      const { code, stderr } = yield* run("main", [folder, "--once"], nobody)
      expect({ code, stderr }).toEqual({
        code: 2,
        stderr: `${folder} may not be read by this user, expected a folder that can be read: change its permissions, or name another folder\n`
      })
    })
  )

  it.scopedLive("a port that is in use", () =>
    Effect.gen(function* () {
      const folder = yield* folderOf({ "a.txt": "a" })
      const port = yield* takenPort
      const { code, lines, stdout } = yield* refusal(folder, "--once", "--port", String(port))
      expect({ code, lines: lines.length, stdout }).toEqual({ code: 2, lines: 1, stdout: "" })
      expect(lines[0]).toMatch(
        new RegExp(`^--port is ${port}: Port ${port} of 127.0.0.1 is in use\\. .*0 takes a free one`)
      )
    })
  )

  it.live("an option that can't be, with nothing on standard output", () =>
    Effect.map(refusal("--seconds", "soon"), (refused) =>
      expect(refused).toEqual(
        refusedWith('--seconds is "soon", expected a number above 0 and at most 86400: try --seconds 30')
      )
    )
  )
})

describe("the command line", () => {
  it.effect.each([
    [["--seconds", "soon"], '--seconds is "soon", expected a number above 0 and at most 86400: try --seconds 30'],
    [["--seconds", "0"], '--seconds is "0", expected a number above 0 and at most 86400: try --seconds 30'],
    [["--seconds", ""], '--seconds is "", expected a number above 0 and at most 86400: try --seconds 30'],
    [["--port", "70000"], '--port is "70000", expected a whole number from 0 to 65535: leave it out for a free port'],
    [["--runners", "9"], '--runners is "9", expected a whole number from 1 to 8: try --runners 3'],
    [["--runners", "two"], '--runners is "two", expected a whole number from 1 to 8: try --runners 3'],
    [
      ["--kill-one"],
      "--kill-one is given with one runner, expected at least two, so that one is left: add --runners 3"
    ],
    [["--twice"], "Unknown option '--twice': see npm run demo -- --help"],
    [["a", "b"], "2 folders were given (a, b), expected one: name only the folder to work on"]
  ] as const)("%j is refused", ([args, line]) =>
    Effect.map(Effect.flip(parseDemoOptions(args, "/here")), (error) =>
      expect(error).toEqual(new BadArgument({ message: line }))
    )
  )

  it.effect("is read whole", () =>
    Effect.map(
      parseDemoOptions(
        ["/there", "--once", "--json", "--seconds", "1.5", "--port", "4318", "--runners", "3", "--kill-one"],
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
          port: 4318
        })
    )
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
        port: 0
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

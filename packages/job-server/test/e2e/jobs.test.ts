import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Schedule from "effect/Schedule"
import * as Schema from "effect/Schema"
import { createHash } from "node:crypto"
import { readFile } from "node:fs/promises"
import path from "node:path"
import { type Exited, folderOf, run, type Running, start } from "../program.ts"

const Job = Schema.parseJson(
  Schema.Struct({
    id: Schema.String,
    jobType: Schema.String,
    state: Schema.String,
    priority: Schema.String,
    replays: Schema.Number,
    result: Schema.optional(Schema.String),
    reason: Schema.optional(Schema.String)
  })
)
const DeadLetters = Schema.parseJson(
  Schema.Struct({ items: Schema.Array(Schema.Struct({ id: Schema.String })), next: Schema.optional(Schema.String) })
)
const Depths = Schema.parseJson(
  Schema.Array(Schema.Struct({ jobType: Schema.String, state: Schema.String, jobs: Schema.Number }))
)
const Result = Schema.parseJson(
  Schema.Struct({ agreed: Schema.Boolean, jobs: Schema.Struct({ total: Schema.Number }) })
)

/** Servers register in the folder for temporary files; each test has its own, so that it sees no other server. */
const workspace = (files: Readonly<Record<string, string>>) =>
  Effect.gen(function* () {
    const folder = yield* folderOf(files)
    const env = { ...process.env, TMPDIR: yield* folderOf({}) }
    return {
      folder,
      demo: (...args: ReadonlyArray<string>) => start("main", args, { env }),
      jobs: (...args: ReadonlyArray<string>) => run("jobs", args, { cwd: folder, env })
    }
  })

const outputOf = ({ code, stderr, stdout }: Exited) => {
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" })
  return stdout
}

const failureOf = (code: number, line: string | RegExp) => ({
  code,
  stdout: "",
  stderr: typeof line === "string" ? `${line}\n` : expect.stringMatching(line)
})

const portOf = (demo: Running) =>
  Effect.map(demo.waitFor(/Control this server \(port (\d+)\)/), ([, port = ""]) => port)

/** Waits until a client is connected to a port of the loopback interface; without Linux's table, for ten seconds. */
const untilConnected = (port: number): Effect.Effect<void> => {
  const established = new RegExp(`: 0100007F:${port.toString(16).toUpperCase().padStart(4, "0")} \\S+ 01 `)
  return Effect.tryPromise(() => readFile("/proc/net/tcp", "utf8")).pipe(
    Effect.orElse(() => Effect.as(Effect.sleep("10 seconds"), undefined)),
    Effect.repeat({
      until: (table) => table === undefined || established.test(table),
      schedule: Schedule.spaced("50 millis")
    }),
    Effect.asVoid
  )
}

const interrupted = (demo: Running) =>
  Effect.zipRight(
    Effect.sync(() => demo.child.kill("SIGINT")),
    demo.exited
  )

describe("npm run jobs", { timeout: 120_000 }, () => {
  it.scopedLive("controls a running demo, which includes that in its comparison", () =>
    Effect.gen(function* () {
      const { demo: startDemo, folder, jobs } = yield* workspace({ "a.txt": "a", "b.json": "{" })
      const demo = yield* startDemo(folder, "--json")
      yield* demo.waitFor(/All jobs are done\. Watching/)

      const id = outputOf(yield* jobs("submit", "digest", "a.txt", "--priority", "high")).trim()
      const dead = yield* Schema.decode(DeadLetters)(outputOf(yield* jobs("dead", "--json", "--type", "parse")))
      const [letter = { id: "" }] = dead.items
      const [status, cancelled, replayed, depth, page, unknown] = yield* Effect.all(
        [
          jobs("status", id, "--json"),
          jobs("cancel", id),
          jobs("replay", letter.id),
          jobs("depth", "--json"),
          jobs("dead", "--limit", "1"),
          Effect.all([jobs("status", "x"), jobs("cancel", "x"), jobs("replay", "x"), jobs("replay", id)])
        ],
        { concurrency: 2 }
      )
      const { priority, result, state } = yield* Schema.decode(Job)(outputOf(status))
      const digest = createHash("sha256").update("a").digest("hex")
      expect({ priority, result, state }).toEqual({ priority: "high", result: digest, state: "completed" })
      expect(cancelled).toEqual(failureOf(1, `Job ${id} is completed. Only a waiting or running job can be cancelled.`))
      expect(outputOf(replayed)).toMatch(new RegExp(`^Job ${letter.id} was replayed and is \\w+\\.\n$`))
      expect((yield* Schema.decode(Depths)(outputOf(depth))).some((one) => one.state === "dead")).toBe(true)
      expect(outputOf(page)).toMatch(/^[\w-]{36} {2}parse .*\nNext page: --after \d+-[\w-]{36}\n$/)
      const noJob = 'There is no job "x". Use an id that submit printed, or one that npm run jobs -- dead lists.'
      const notDead = `Job ${id} is completed. Only a dead letter can be replayed; npm run jobs -- dead lists them.`
      expect(unknown).toEqual([noJob, noJob, noJob, notDead].map((line) => failureOf(1, line)))

      const exited = yield* interrupted(demo)
      const { agreed, jobs: counted } = yield* Schema.decode(Result)(exited.stdout)
      // Six files of its own and two of the folder, as 22 jobs, and the one from here.
      expect({ code: exited.code, agreed, total: counted.total }).toEqual({ code: 0, agreed: true, total: 23 })
    })
  )

  it.scopedLive("says in one line that no server is running, which ones are, and that one is gone", () =>
    Effect.gen(function* () {
      const { demo: startDemo, folder, jobs } = yield* workspace({ "a.txt": "a" })
      expect(yield* jobs("depth")).toEqual(failureOf(3, "No job server is running. Start one with `npm run demo`."))
      const [first, second] = yield* Effect.all([startDemo(folder), startDemo(folder)], { concurrency: 2 })
      const [one, other] = yield* Effect.all([portOf(first), portOf(second)])
      const [both, wrong, right] = yield* Effect.all(
        [jobs("depth"), jobs("depth", "--port", "1"), jobs("depth", "--port", one)],
        { concurrency: 3 }
      )
      expect(both).toEqual(failureOf(3, /^2 job servers are running: port .*\. Choose one with --port \d+\.\n$/))
      expect(wrong).toEqual(
        failureOf(3, /^No job server is running on port 1\. Running: port .*\. Use one of these ports\.\n$/)
      )
      expect(right.code).toBe(0)

      // A suspended server neither answers nor refuses; then it is killed while it has a request.
      first.child.kill("SIGSTOP")
      const submission = yield* Effect.fork(jobs("submit", "digest", "a.txt", "--port", one))
      yield* untilConnected(Number(one))
      first.child.kill("SIGKILL")
      expect(yield* submission).toEqual(
        failureOf(
          3,
          /^The job server on port \d+ \(process \d+\) stopped answering .* The command may have been carried out\.\n$/
        )
      )
      // The registration that it left behind is ignored.
      expect((yield* jobs("depth", "--port", one)).stderr).toMatch(
        new RegExp(`^No job server is running on port ${one}\\. .*port ${other} `)
      )
    })
  )
})

describe("the command line of npm run jobs", () => {
  it.scopedLive("prints its help, and rejects a missing file", () =>
    Effect.gen(function* () {
      const { folder, jobs } = yield* workspace({ "a.txt": "a" })
      const [help, missing, forged] = yield* Effect.all([
        run("jobs", ["--help"], { isSource: true }),
        jobs("submit", "digest", "b.txt"),
        jobs("submit", "digest", "b.txt\nfake: \u001b[2J")
      ])
      expect(outputOf(help)).toMatch(/^Usage: npm run jobs -- <command> \[options\]\n/)
      expect(missing).toEqual(failureOf(2, `b.txt does not exist. Check the path: ${path.join(folder, "b.txt")}`))
      const shown = "b.txt\\u000afake: \\u001b[2J"
      expect(forged).toEqual(failureOf(2, `${shown} does not exist. Check the path: ${path.join(folder, shown)}`))
    })
  )
})

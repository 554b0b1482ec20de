import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { createHash } from "node:crypto"
import path from "node:path"
import { type Ended, folderOf, run, type Running, start } from "./program.ts"

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

/** Every server that runs is known by a file in the folder for temporary files: one of the test's own keeps others away. */
const worldOf = (files: Readonly<Record<string, string>>) =>
  Effect.gen(function* () {
    const folder = yield* folderOf(files)
    const env = { ...process.env, TMPDIR: yield* folderOf({}) }
    return {
      folder,
      demo: (...args: ReadonlyArray<string>) => start("main", args, { env }),
      jobs: (...args: ReadonlyArray<string>) => run("jobs", args, { cwd: folder, env })
    }
  })

const doneWith = ({ code, stderr, stdout }: Ended) => {
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" })
  return stdout
}

const refusedWith = (code: number, line: string | RegExp) => ({
  code,
  stdout: "",
  stderr: typeof line === "string" ? `${line}\n` : expect.stringMatching(line)
})

const portOf = (demo: Running) => Effect.map(demo.says(/this is the server at port (\d+)/), ([, port = ""]) => port)

const interrupted = (demo: Running) =>
  Effect.zipRight(
    Effect.sync(() => demo.child.kill("SIGINT")),
    demo.ended
  )

describe("npm run jobs", { timeout: 120_000 }, () => {
  it.scopedLive("does at a running demo what it is asked for, and the demo agrees with it in the end", () =>
    Effect.gen(function* () {
      const { demo: startDemo, folder, jobs } = yield* worldOf({ "a.txt": "a", "b.json": "{" })
      const demo = yield* startDemo(folder, "--json")
      yield* demo.says(/All done\. Waiting for changes/)

      const id = doneWith(yield* jobs("submit", "digest", "a.txt", "--priority", "high")).trim()
      const dead = yield* Schema.decode(DeadLetters)(doneWith(yield* jobs("dead", "--json", "--type", "parse")))
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
      const { priority, result, state } = yield* Schema.decode(Job)(doneWith(status))
      const digest = createHash("sha256").update("a").digest("hex")
      expect({ priority, result, state }).toEqual({ priority: "high", result: digest, state: "completed" })
      expect(cancelled).toEqual(
        refusedWith(1, `${id} is completed, expected one that waits or runs: only those can be cancelled`)
      )
      expect(doneWith(replayed)).toMatch(new RegExp(`^${letter.id} was put back to work, and is \\w+\\.\n$`))
      expect((yield* Schema.decode(Depths)(doneWith(depth))).some((one) => one.state === "dead")).toBe(true)
      expect(doneWith(page)).toMatch(/^\w{26} {2}parse .*\nMore with --after \d+-\w{26}\n$/)
      const noJob =
        '"x" is no job of this server, expected an id that submit printed: npm run jobs -- dead lists the ids of the dead letters'
      const notDead = `${id} is completed, expected a dead letter: npm run jobs -- dead lists them`
      expect(unknown).toEqual([noJob, noJob, noJob, notDead].map((line) => refusedWith(1, line)))

      const ended = yield* interrupted(demo)
      const { agreed, jobs: counted } = yield* Schema.decode(Result)(ended.stdout)
      // Six files of its own and two of the folder, as 22 jobs, and the one from here.
      expect({ code: ended.code, agreed, total: counted.total }).toEqual({ code: 0, agreed: true, total: 23 })
    })
  )

  it.scopedLive("says in one line that no server runs, which ones do, and that one is gone", () =>
    Effect.gen(function* () {
      const { demo: startDemo, folder, jobs } = yield* worldOf({ "a.txt": "a" })
      expect(yield* jobs("depth")).toEqual(
        refusedWith(3, /^No job server runs, expected one that was started with npm run demo \(without --once\): .*\n$/)
      )
      const [first, second] = yield* Effect.all([startDemo(folder), startDemo(folder)], { concurrency: 2 })
      const [one, other] = yield* Effect.all([portOf(first), portOf(second)])
      const [both, wrong, right] = yield* Effect.all(
        [jobs("depth"), jobs("depth", "--port", "1"), jobs("depth", "--port", one)],
        { concurrency: 3 }
      )
      expect(both).toEqual(refusedWith(3, /^2 job servers run \(port .*\), expected one: add --port \d+\n$/))
      expect(wrong).toEqual(
        refusedWith(
          3,
          /^--port is 1, where no job server of this user listens\. Expected port .*: give that port, .*\n$/
        )
      )
      expect(right.code).toBe(0)

      // One that is held still neither answers nor refuses; then it is killed while it is asked.
      first.child.kill("SIGSTOP")
      const asking = yield* Effect.fork(jobs("submit", "digest", "a.txt", "--port", one))
      yield* Effect.sleep("2 seconds")
      first.child.kill("SIGKILL")
      expect(yield* asking).toEqual(
        refusedWith(3, /^The job server at port \d+ \(process \d+\) ended, or .* Whether it was done is not known\.\n$/)
      )
      // What it left behind points nowhere, and is not found any more.
      expect((yield* jobs("depth", "--port", one)).stderr).toMatch(new RegExp(`^--port is ${one}, .*port ${other} `))
    })
  )
})

describe("the command line of npm run jobs", () => {
  it.scopedLive("shows its help, and names what it can't be asked", () =>
    Effect.gen(function* () {
      const { folder, jobs } = yield* worldOf({ "a.txt": "a" })
      const [help, missing] = yield* Effect.all([jobs("--help"), jobs("submit", "digest", "b.txt")])
      expect(doneWith(help)).toMatch(/^Usage: npm run jobs -- <command> \[options\]\n/)
      expect(missing).toEqual(
        refusedWith(2, `b.txt does not exist, expected a file that can be read: check ${path.join(folder, "b.txt")}`)
      )
    })
  )
})

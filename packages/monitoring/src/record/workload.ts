/**
 * What the demo works on while it is recorded: a folder full of files, of which some change every second, more and fewer
 * in turn. For a while all JSON files that are written are broken; then they are mended, and dead letters replayed.
 */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Schedule from "effect/Schedule"
import { execFile } from "node:child_process"
import { writeFileSync } from "node:fs"
import path from "node:path"
import { jobServerProgram } from "./processes.ts"

/** When payments fail, when JSON files are written broken, and when dead letters are replayed: seconds since the start. */
export const plan = { paymentsFail: 90, paymentsWork: 130, broken: 210, mended: 240, replayed: 270 } as const

const fileCount = 1000

/** One file in so many is JSON, which `parse` reads too. */
const everyJson = 8

const replayCount = 12

const fileName = (index: number): string => `${index}.${index % everyJson === 0 ? "json" : "txt"}`

const content = (index: number, round: number): string =>
  index % everyJson === 0
    ? JSON.stringify(Array.from({ length: 500 }, (_, entry) => ({ entry, round })))
    : `Line ${index} of round ${round}\n`.repeat(2000)

/** Writes all files. */
export const writeFiles = (folder: string) =>
  Effect.sync(() => {
    for (let index = 0; index < fileCount; index++) {
      writeFileSync(path.join(folder, fileName(index)), content(index, 0))
    }
  })

/** Changes files every second, until it is interrupted; `start` is in epoch seconds. */
export const changeFiles = (folder: string, start: number) => {
  let next = 0
  let isMended = false
  const broken = new Set<number>()
  const write = (index: number, text: string) => writeFileSync(path.join(folder, fileName(index)), text)
  const change = Effect.map(Clock.currentTimeMillis, (now) => {
    const second = Math.round(now / 1000) - start
    const isBroken = second >= plan.broken && second < plan.mended
    if (second >= plan.mended && !isMended) {
      isMended = true
      broken.forEach((index) => write(index, content(index, second)))
    }
    const count = Math.round(5 + 4 * Math.sin((2 * Math.PI * second) / 75))
    for (let left = count; left > 0; left--) {
      next = (next + 1) % fileCount
      if (isBroken && next % everyJson === 0) {
        broken.add(next)
        write(next, '{ "entries": [1, 2,')
      } else {
        write(next, content(next, second))
      }
    }
  })
  return Effect.repeat(change, Schedule.fixed("1 second"))
}

/** Replays the newest dead letters of `parse`, one after the other, as a person would by `npm run jobs`. */
export const replayDeadLetters = (port: string) =>
  Effect.gen(function* () {
    const list = yield* jobs(["dead", "--type", "parse", "--limit", "100", "--json", "--port", port])
    const ids = [...list.matchAll(/"id": "([^"]+)"/g)].map(([, id = ""]) => id)
    yield* Effect.forEach(ids.slice(-replayCount), (id) => jobs(["replay", id, "--port", port]))
    return Math.min(ids.length, replayCount)
  })

const jobs = (args: ReadonlyArray<string>): Effect.Effect<string> =>
  Effect.async((resume) => {
    const program = jobServerProgram("jobs.ts", args)
    execFile(program.command, [...program.args], (_, stdout) => resume(Effect.succeed(stdout)))
  })

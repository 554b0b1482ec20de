/** Runs the demo and a shop beside a Prometheus for some minutes, and asks it what each panel asks. */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import { mkdirSync, mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import path from "node:path"
import type { Answers, RecordedEvent } from "../answers/answers.ts"
import { answerOf } from "./answer.ts"
import { jobServerProgram, running } from "./processes.ts"
import { startPrometheus } from "./prometheus.ts"
import { filledIn, panelQueries } from "./queries.ts"
import { sendRequests } from "./requests.ts"
import { runShop } from "./shop.ts"
import { changeFiles, plan, replayDeadLetters, writeFiles } from "./workload.ts"

const seconds = 360
const step = 5
const rateInterval = "15s"
const runners = ["runner-1", "runner-2", "runner-3"] as const

const planned = [
  [plan.paymentsFail, "payments failed"],
  [plan.paymentsWork, "payments worked again"],
  [plan.broken, "JSON files were broken"],
  [plan.mended, "JSON files were mended"]
] as const

/** Says what happens. */
export type Say = (line: string) => void

/** Records for six minutes, from the first runner on. */
export const record = (say: Say): Effect.Effect<Answers, Error> =>
  Effect.gen(function* () {
    const folder = yield* Effect.acquireRelease(
      Effect.sync(() => mkdtempSync(path.join(tmpdir(), "record-"))),
      (made) => Effect.sync(() => rmSync(made, { recursive: true, force: true }))
    )
    const files = path.join(folder, "files")
    mkdirSync(files)
    yield* writeFiles(files)
    const prometheus = yield* startPrometheus(folder)
    const options = ["--runners", String(runners.length), "--kill-one"]
    const demo = yield* running({
      ...jobServerProgram("main.ts", [files, ...options]),
      env: { OTEL_METRICS_EXPORTER: "prometheus", OTEL_EXPORTER_PROMETHEUS_PORT: "0" }
    })
    const scraped = (name: string, before: string) =>
      Effect.flatMap(demo.said(new RegExp(`^${before}.*Metrics can be scraped at (\\S+)`, "m")), (page) =>
        prometheus.scrape({ job: "job-server", instance: name }, page)
      )
    yield* scraped(runners[0], `${runners[0]} `)
    const start = Math.floor((yield* Clock.currentTimeMillis) / 1000)
    yield* Effect.forkScoped(runShop(prometheus, start))
    yield* Effect.forEach(runners.slice(1), (name) => scraped(name, `${name} `))
    yield* scraped("front", "\\d\\d:")
    say(`The demo is running; recording for ${seconds} seconds.`)
    const events: Array<RecordedEvent> = []
    const happened = (event: string) =>
      Effect.map(Clock.currentTimeMillis, (now) => {
        const at = Math.round(now / 1000) - start
        say(`${at} s: ${event}`)
        events.push({ at, event })
      })
    // What changes before that would be submitted at once.
    yield* Effect.forkScoped(Effect.zipRight(demo.said(/(All jobs are done)/), changeFiles(files, start)))
    yield* Effect.forkScoped(Effect.flatMap(demo.said(/^Killed (\S+)/m), (name) => happened(`${name} was killed`)))
    const controlPort = demo.said(/\(port (\d+)\)/)
    yield* Effect.forkScoped(Effect.flatMap(controlPort, (port) => sendRequests(port, files)))
    const until = (second: number) =>
      Effect.flatMap(Clock.currentTimeMillis, (now) => Effect.sleep((start + second) * 1000 - now))
    yield* Effect.forEach(planned, ([second, event]) =>
      Effect.forkScoped(Effect.zipRight(until(second), happened(event)))
    )
    yield* Effect.forkScoped(
      Effect.gen(function* () {
        yield* until(plan.replayed)
        const port = yield* controlPort
        yield* happened("dead letters were replayed")
        say(`Replayed ${yield* replayDeadLetters(port)}.`)
      })
    )
    yield* until(seconds + 1)
    const range = { start, end: start + seconds, step }
    const answers = yield* Effect.forEach(panelQueries, (query) =>
      Effect.map(prometheus.ask(filledIn(query, { rateInterval }), range), (found) => answerOf(query, found, range))
    )
    return { command: `npm run demo -- ${options.join(" ")}, beside a shop`, seconds, step, events, answers }
  }).pipe(Effect.scoped)

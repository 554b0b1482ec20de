/**
 * The receiver as a program: `node --import tsx src/main.ts [--port n] [--control] [--control-port n] [--json]`.
 *
 * Its first line says where it listens. With `--json` every line is JSON: first the addresses, then one line a request,
 * last a summary. It ends on SIGTERM or SIGINT, and with `--until-stdin-ends` when its standard input does: whoever holds
 * the other end of that pipe can't leave the receiver behind, however it dies.
 */
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import * as Console from "effect/Console"
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import { parseArgs } from "node:util"
import { Receiver, type RequestRecord, type Series, type Snapshot } from "./receiver/receiver.ts"

class WrongArguments extends Data.TaggedError("WrongArguments")<{ readonly message: string }> {}

const usage = "usage: main.ts [--port n] [--control] [--control-port n] [--json] [--until-stdin-ends]"

interface Arguments {
  readonly port: number
  readonly control: boolean | number
  readonly isJson: boolean
  readonly untilStdinEnds: boolean
}

const wrong = (message: string) => new WrongArguments({ message: `${message}\n${usage}` })

const readArguments: Effect.Effect<Arguments, WrongArguments> = Effect.try({
  try: () =>
    parseArgs({
      options: {
        port: { type: "string", default: "0" },
        control: { type: "boolean", default: false },
        "control-port": { type: "string" },
        json: { type: "boolean", default: false },
        "until-stdin-ends": { type: "boolean", default: false }
      }
    }).values,
  catch: (error) => wrong(error instanceof Error ? error.message : String(error))
}).pipe(
  Effect.flatMap((values) =>
    Effect.gen(function* () {
      const port = yield* portOf("--port", values.port)
      const chosen = values["control-port"]
      const control = chosen === undefined ? values.control : yield* portOf("--control-port", chosen)
      return { port, control, isJson: values.json, untilStdinEnds: values["until-stdin-ends"] }
    })
  )
)

const portOf = (name: string, value: string): Effect.Effect<number, WrongArguments> =>
  /^\d{1,5}$/.test(value) && Number(value) <= 65535
    ? Effect.succeed(Number(value))
    : wrong(`${name} is a whole number from 0 to 65535, not ${JSON.stringify(value)}`)

const main = Effect.gen(function* () {
  const { control, isJson, port, untilStdinEnds } = yield* readArguments
  const receiver = yield* Receiver.make({ port, control })
  const { controlUrl, url } = receiver
  yield* Effect.addFinalizer(() =>
    Effect.flatMap(receiver.snapshot, (snapshot) =>
      Console.log(isJson ? JSON.stringify(summaryOf(snapshot)) : summaryText(snapshot))
    )
  )
  yield* Effect.forkScoped(
    Stream.runForEach(receiver.arrivals, ({ request }) =>
      isJson ? Console.log(JSON.stringify({ type: "request", ...request })) : Console.log(requestText(request))
    )
  )
  const addresses = { type: "listening", url, controlUrl }
  const text = `Receiving metrics at ${url}${controlUrl === undefined ? "" : `, controlled at ${controlUrl}`}`
  yield* Console.log(isJson ? JSON.stringify(addresses) : text)
  yield* untilStdinEnds ? stdinEnd : Effect.never
})

const stdinEnd = Effect.async<void>((resume) => {
  process.stdin.once("close", () => resume(Effect.void)).resume()
})

const summaryOf = ({ faults, requests, series }: Snapshot) => ({
  type: "summary",
  requests: requests.length,
  acknowledgedRequests: requests.filter(({ status }) => status === 200).length,
  acknowledgedPoints: requests.reduce((sum, { acknowledged }) => sum + acknowledged, 0),
  series: series.length,
  faults: faults.length
})

const summaryText = (snapshot: Snapshot) => {
  const { acknowledgedPoints, acknowledgedRequests, faults, requests, series } = summaryOf(snapshot)
  const lines = snapshot.series.map((one) => `  ${seriesText(one)}`)
  const total =
    `${acknowledgedRequests} of ${requests} requests acknowledged with ${acknowledgedPoints} points ` +
    `in ${series} series, ${faults} faults`
  return [...lines, total].join("\n")
}

const seriesText = ({ attributes, name, total }: Series) => {
  const labels = Object.entries(attributes).map(([key, value]) => `${key}=${JSON.stringify(value)}`)
  const value = typeof total === "number" ? String(total) : `count ${total.count}, sum ${total.sum ?? "unknown"}`
  return `${name}{${labels.join(",")}} ${value}`
}

const requestText = ({ acknowledged, bytes, index, message, points, status }: RequestRecord) =>
  `#${index} ${status === 0 ? "no answer" : status}, ${acknowledged} of ${points} points, ${bytes} bytes` +
  (message === "" ? "" : `, ${message}`)

const report = (error: { readonly message: string }) =>
  Effect.zipRight(
    Console.error(error.message),
    Effect.sync(() => {
      process.exitCode = 1
    })
  )

NodeRuntime.runMain(Effect.scoped(main).pipe(Effect.catchAll(report)))

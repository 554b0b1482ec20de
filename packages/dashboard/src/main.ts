/**
 * The receiver as a program: `node --import tsx src/main.ts [--port n] [--control] [--control-port n] [--json]`. With
 * `--page`, the folder of the built page, it shows that too. With `--failure-modes`, which is for tests, the control
 * endpoint changes how the receiver answers.
 *
 * The first line says where it listens. With `--json` each line is JSON: the addresses, one line per request, and a
 * summary at the end. It stops on SIGTERM or SIGINT. With `--until-stdin-ends` it also stops when its standard input
 * closes, so that it never outlives the process that started it.
 */
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import { parseArgs } from "node:util"
import { parsed, portOf, report, type UsageError } from "./command-line.ts"
import { shorten } from "./receiver/quote.ts"
import { Receiver, type RequestRecord, type Snapshot } from "./receiver/receiver.ts"
import { withoutSecrets } from "./receiver/request-log.ts"
import { seriesText } from "./receiver/series-text.ts"
import { makeDashboard } from "./server.ts"

const usage =
  "Usage: main.ts [--port n] [--page folder] [--control] [--control-port n] [--failure-modes] [--json] [--until-stdin-ends]"

interface Arguments {
  readonly port: number
  readonly pageFolder: string | undefined
  readonly control: boolean | number
  readonly hasFailureModes: boolean
  readonly isJson: boolean
  readonly untilStdinEnds: boolean
}

const options = {
  port: { type: "string", default: "0" },
  page: { type: "string" },
  control: { type: "boolean", default: false },
  "control-port": { type: "string" },
  "failure-modes": { type: "boolean", default: false },
  json: { type: "boolean", default: false },
  "until-stdin-ends": { type: "boolean", default: false }
} as const

const parseArguments: Effect.Effect<Arguments, UsageError> = parsed(() => parseArgs({ options }).values, usage).pipe(
  Effect.flatMap((values) =>
    Effect.gen(function* () {
      const port = yield* portOf("--port", values.port, usage)
      const controlPort = values["control-port"]
      const control = controlPort === undefined ? values.control : yield* portOf("--control-port", controlPort, usage)
      return {
        port,
        pageFolder: values.page,
        control,
        hasFailureModes: values["failure-modes"],
        isJson: values.json,
        untilStdinEnds: values["until-stdin-ends"]
      }
    })
  )
)

const main = Effect.gen(function* () {
  const { control, hasFailureModes, isJson, pageFolder, port, untilStdinEnds } = yield* parseArguments
  const settings = { port, control, isReadOnly: !hasFailureModes }
  const receiver = yield* pageFolder === undefined
    ? Receiver.make(settings)
    : makeDashboard({ ...settings, pageFolder })
  const { controlUrl, url } = receiver
  yield* Effect.addFinalizer(() =>
    Effect.flatMap(receiver.snapshot, (snapshot) =>
      Console.log(isJson ? JSON.stringify(summaryOf(snapshot)) : summaryText(snapshot))
    )
  )
  yield* Effect.forkScoped(
    Stream.runForEach(receiver.arrivals, ({ request }) =>
      isJson
        ? Console.log(JSON.stringify({ type: "request", ...withoutSecrets(request) }))
        : Console.log(requestText(request))
    )
  )
  const addresses = { type: "listening", url, controlUrl }
  const text = `Receiving metrics at ${url}${controlUrl === undefined ? "" : `, control endpoint at ${controlUrl}`}`
  yield* Console.log(isJson ? JSON.stringify(addresses) : text)
  yield* untilStdinEnds ? stdinEnd : Effect.never
})

const stdinEnd = Effect.async<void>((resume) => {
  process.stdin.once("close", () => resume(Effect.void)).resume()
})

const summaryOf = ({ requests, series, violations }: Snapshot) => ({
  type: "summary",
  requests: requests.length,
  acknowledgedRequests: requests.filter(({ status }) => status === 200).length,
  acknowledgedPoints: requests.reduce((sum, { acknowledged }) => sum + acknowledged, 0),
  series: series.length,
  violations: violations.length
})

const summaryText = (snapshot: Snapshot) => {
  const { acknowledgedPoints, acknowledgedRequests, requests, series, violations } = summaryOf(snapshot)
  const lines = snapshot.series.map((one) => `  ${seriesText(one)}`)
  const total =
    `${acknowledgedRequests} of ${requests} requests acknowledged: ${acknowledgedPoints} points in ${series} series, ` +
    `${violations} violations`
  return [...lines, total].join("\n")
}

const requestText = ({ acknowledged, bytes, index, message, points, status }: RequestRecord) =>
  `#${index} ${status === 0 ? "no answer" : status}, ${acknowledged} of ${points} points, ${bytes} bytes` +
  (message === "" ? "" : `, ${shorten(message)}`)

NodeRuntime.runMain(Effect.scoped(main).pipe(Effect.catchAll(report)))

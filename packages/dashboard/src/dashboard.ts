#!/usr/bin/env node
/** `npx @parametric-portal/dashboard`: listens for OTLP, and shows what arrives. */
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import { readFileSync } from "node:fs"
import { fileURLToPath } from "node:url"
import { parseArgs } from "node:util"
import { parsed, portOf, report } from "./command-line.ts"

const name = "@parametric-portal/dashboard"

/** Where OTLP over HTTP is expected. */
const defaultPort = 4318

const usage = `Usage: npx ${name} [--port n] [--json] [--help] [--version]`

const help = `${usage}

Listens for OTLP over HTTP on 127.0.0.1 and shows the metrics and the traces with their log lines that arrive, on a page
at the same address. A trace is kept for 15 minutes, and nothing when it ends.

  --port n    the port; ${defaultPort} unless given, 0 takes a free one
  --json      prints the addresses as a line of JSON
  --help      prints this
  --version   prints the version`

/** From the sources and from what is published alike. */
const packageFolder = new URL("..", import.meta.url)

const version = (): string => {
  const manifest: unknown = JSON.parse(readFileSync(new URL("package.json", packageFolder), "utf8"))
  return typeof manifest === "object" && manifest !== null && "version" in manifest ? String(manifest.version) : ""
}

const options = {
  port: { type: "string", default: String(defaultPort) },
  json: { type: "boolean", default: false },
  help: { type: "boolean", default: false, short: "h" },
  version: { type: "boolean", default: false }
} as const

const listen = (port: number, isJson: boolean) =>
  Effect.gen(function* () {
    // Loading them takes a second, which help and usage errors need not wait for.
    const { makeDashboard } = yield* Effect.promise(() => import("./server.ts"))
    const { setupOf } = yield* Effect.promise(() => import("./page-app.ts"))
    const pageFolder = fileURLToPath(new URL("dist/page/", packageFolder))
    const { url } = yield* makeDashboard({ port, pageFolder })
    const { origin } = new URL(url)
    const text = [
      `Metrics are shown at ${origin}`,
      "",
      "A program sends its metrics there when its environment says",
      ...setupOf(origin).map((line) => `  ${line}`),
      "",
      "Ctrl-C ends it."
    ]
    yield* Console.log(isJson ? JSON.stringify({ type: "listening", page: origin, otlp: url }) : text.join("\n"))
    return yield* Effect.never
  }).pipe(
    Effect.catchTag("PortInUse", (error) =>
      report({ message: `${error.message}\nFor another port: npx ${name} --port ${nextPort(port)}` })
    )
  )

const nextPort = (port: number): number => (port < 65_535 ? port + 1 : 0)

const main = Effect.gen(function* () {
  const { values } = yield* parsed(() => parseArgs({ options }), usage)
  if (values.help || values.version) {
    return yield* Console.log(values.help ? help : version())
  }
  return yield* listen(yield* portOf("--port", values.port, usage), values.json)
})

NodeRuntime.runMain(Effect.scoped(main).pipe(Effect.catchAll(report)))

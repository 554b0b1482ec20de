/** The README says the truth: its example is compiled and run as printed, its table is the catalogue's. */
import { NodeContext } from "@effect/platform-node"
import * as Command from "@effect/platform/Command"
import * as FileSystem from "@effect/platform/FileSystem"
import { describe, expect, it } from "@effect/vitest"
import { Receiver } from "@parametric-portal/dashboard/receiver"
import * as Effect from "effect/Effect"
import { fileURLToPath } from "node:url"
import { catalogue, type Row } from "../../src/observe/catalogue.ts"

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url))
const text = (path: string) => Effect.flatMap(FileSystem.FileSystem, (files) => files.readFileString(here(path)))

const kinds = { counter: "counter", gauge: "gauge", upDownCounter: "up-down counter", histogram: "histogram" }

const tableRow = ({ help, kind, labels, name, unit }: Row): string =>
  `| \`${name}\` | ${kinds[kind]} | ${unit} | ${labels.map((label) => `\`${label}\``).join(" ")} | ${help} |`

const table = [
  "| metric | kind | unit | labels | moves when |",
  "|---|---|---|---|---|",
  ...Object.values(catalogue)
    .flatMap((rows): ReadonlyArray<Row> => Object.values(rows))
    .filter((row) => row.stable === true)
    .map(tableRow)
].join("\n")

describe("the README", () => {
  it.effect("prints the example that is compiled", () =>
    Effect.gen(function* () {
      const readme = yield* text("../../../../README.md")
      const printed = /```ts\n([^]*?)```/.exec(readme)?.[1]
      expect(printed).toBe(yield* text("./example.ts"))
    }).pipe(Effect.provide(NodeContext.layer))
  )

  it.live(
    "prints an example that does what is said of it",
    () =>
      Effect.gen(function* () {
        const receiver = yield* Receiver
        const exitCode = yield* Command.make(process.execPath, "--import", "tsx", here("./example.ts")).pipe(
          Command.workingDirectory(here("../..")),
          Command.env({ OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url.replace("/v1/metrics", "") }),
          Command.exitCode
        )
        const arrived = yield* Effect.forEach(["jobs_completed_total", "jobs_in_flight"], (name) =>
          receiver.find(name, { job_type: "resize", operation: "process", priority: "high" })
        )
        expect(exitCode).toBe(0)
        expect(arrived.map((found) => found.map(({ total }) => total))).toEqual([[2], [0]])
      }).pipe(Effect.provide([NodeContext.layer, Receiver.layer()])),
    60_000
  )

  it.effect("has the table of the stable metrics from the catalogue", () =>
    Effect.gen(function* () {
      const readme = yield* text("../../../../README.md")
      const printed = /<!-- stable metrics -->\n([^]*?)\n<!-- \/stable metrics -->/.exec(readme)?.[1]
      expect(printed).toBe(table)
    }).pipe(Effect.provide(NodeContext.layer))
  )

  it.effect("links to files that exist", () =>
    Effect.gen(function* () {
      const files = yield* FileSystem.FileSystem
      const readme = yield* text("../../../../README.md")
      const links = Array.from(readme.matchAll(/\]\((?!https?:)([^)#]+)/g), ([, link]) => String(link))
      const missing = yield* Effect.filter(links, (link) =>
        Effect.map(files.exists(here(`../../../../${link}`)), (exists) => !exists)
      )
      expect(links.length).toBeGreaterThan(5)
      expect(missing).toEqual([])
    }).pipe(Effect.provide(NodeContext.layer))
  )
})

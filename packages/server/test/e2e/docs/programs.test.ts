/**
 * The TypeScript programs of the documentation, each as its page prints it, in a process of its own and in an empty folder,
 * with receivers where the variables of OpenTelemetry say.
 */
import { NodeContext } from "@effect/platform-node"
import { Receiver } from "@parametric-portal/dashboard/receiver"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as ManagedRuntime from "effect/ManagedRuntime"
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import path from "node:path"
import { fileURLToPath } from "node:url"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { compilePrograms } from "../../../../../vitest.programs.ts"
import { blocksOf } from "../../docs/blocks.ts"
import { missingIn, shownOf } from "../../docs/output.ts"
import { pages, read } from "../../docs/pages.ts"
import { lastOf, type Program, programsOf, startedOf } from "../../docs/programs.ts"
import { paths, type RecordEndpoint, recordEndpoint, taken } from "../../support/record-endpoint.ts"
import { start } from "../../support/started.ts"

const home = fileURLToPath(new URL("../../../", import.meta.url))

const blocks = pages.map((page) => blocksOf(page, read(page)))
const found = blocks.map(programsOf)
/** Each once, also where two pages have the same. */
const started = found
  .flatMap(startedOf)
  .filter(({ text }, index, all) => all.findIndex((other) => other.text === text) === index)
  .map((program) => ({ ...program, at: `${program.page}:${lastOf(program).line}` }))

const nameOf = ({ file, page }: Program): string => `${page.replace(/\W+/g, "-")}/${path.basename(file, ".ts")}`

/** Below the package, so that what the pages import is found. */
let sources = ""
let compiled = ""

beforeAll(async () => {
  const cache = path.join(home, "node_modules/.cache")
  await mkdir(cache, { recursive: true })
  sources = await mkdtemp(path.join(cache, "pages-"))
  for (const program of found.flat()) {
    const file = path.join(sources, `${nameOf(program)}.ts`)
    await mkdir(path.dirname(file), { recursive: true })
    await writeFile(file, program.text)
  }
  const programs = started.map(nameOf)
  compiled = await compilePrograms(
    home,
    Object.fromEntries(programs.map((name) => [name, path.join(sources, `${name}.ts`)]))
  )
})

afterAll(async () => {
  await rm(sources, { recursive: true, force: true })
  await rm(compiled, { recursive: true, force: true })
})

class Records extends Context.Tag("Records")<Records, RecordEndpoint>() {}

/** What takes metrics, and what takes spans and log lines. */
const receivers = ManagedRuntime.make(
  Layer.merge(
    Receiver.layer().pipe(Layer.provide(NodeContext.layer)),
    Layer.scoped(
      Records,
      recordEndpoint(() => taken)
    )
  )
)

/** The variables that name them; pages say `localhost`. */
const environment = Effect.gen(function* () {
  const { url } = yield* Receiver
  const { base } = yield* Records
  const here = (address: string): string => address.replace("127.0.0.1", "localhost")
  return {
    OTEL_EXPORTER_OTLP_METRICS_ENDPOINT: here(url),
    OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: here(`${base}${paths.spans}`),
    OTEL_EXPORTER_OTLP_LOGS_ENDPOINT: here(`${base}${paths.lines}`)
  }
})

afterAll(() => receivers.dispose())

/** Runs a program in an empty folder until it ends, or has printed what its page says and was stopped. */
const run = async (program: Program) => {
  const folder = await mkdtemp(path.join(tmpdir(), "page-"))
  try {
    const running = start([process.execPath, path.join(compiled, `${nameOf(program)}.js`)], {
      cwd: folder,
      env: { ...process.env, ...(await receivers.runPromise(environment)) }
    })
    const { stoppedAfter } = lastOf(program).said
    if (stoppedAfter !== undefined) {
      await running.until(stoppedAfter)
      await running.stop()
    }
    return { code: await running.ended, printed: running.printed() }
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

describe("a program of the documentation", () => {
  it("is found in many pages", () => {
    expect(new Set(started.map(({ page }) => page)).size).toBeGreaterThan(4)
  })

  it.each(started)("runs as printed: $at", async (program) => {
    const { code, printed } = await run(program)
    const page = blocks.find(([block]) => block?.page === program.page) ?? []
    const missing = shownOf(lastOf(program), page).flatMap(({ text }) => missingIn(printed, text))
    expect({ code, missing, printed }).toEqual({ code: 0, missing: [], printed })
  })
})

describe("the program of the README", () => {
  it("sends what is said of it", async () => {
    const [readme] = started.filter(({ page }) => page === "README.md")
    expect(readme?.file).toBe("main.ts")
    const arrived = await receivers.runPromise(
      Effect.gen(function* () {
        const receiver = yield* Receiver
        return yield* Effect.forEach(["jobs_completed_total", "jobs_in_flight"], (name) =>
          receiver.find(name, { job_type: "resize", operation: "process", priority: "high" })
        )
      })
    )
    expect(arrived.map((series) => series.map(({ total }) => total))).toEqual([[2], [0]])
  })
})

/** Programs of `examples`, compiled and run in processes of their own, and what they send to a receiver. */
import * as Command from "@effect/platform/Command"
import { Receiver, type Series } from "@parametric-portal/dashboard/receiver"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import { rm } from "node:fs/promises"
import path from "node:path"
import { fileURLToPath } from "node:url"
import { afterAll, beforeAll } from "vitest"
import { compilePrograms } from "../../../../vitest.programs.ts"

export const examples = fileURLToPath(new URL("../../../../examples", import.meta.url))

/**
 * Compiles programs by their paths before the tests of a file, and removes them afterwards; where each one is then. One
 * run of the compiler does what they share once.
 */
export const compiledBefore = (programs: ReadonlyArray<string>): ((program: string) => string) => {
  const nameOf = (program: string): string => path.basename(program, ".ts")
  let folder = ""
  beforeAll(async () => {
    folder = await compilePrograms(examples, Object.fromEntries(programs.map((program) => [nameOf(program), program])))
  })
  afterAll(() => rm(folder, { recursive: true, force: true }))
  return (program) => path.join(folder, `${nameOf(program)}.js`)
}

/** Runs a program that sends its metrics to the receiver; its exit code and the lines that it logs. */
export const run = (program: string, variables: Readonly<Record<string, string>> = {}) =>
  Effect.gen(function* () {
    const receiver = yield* Receiver
    const running = yield* Command.make(process.execPath, program).pipe(
      Command.env({
        OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url.replace("/v1/metrics", ""),
        OTEL_EXPORTER_OTLP_METRICS_ENDPOINT: receiver.url,
        ...variables
      }),
      Command.stderr("inherit"),
      Command.start
    )
    const lines = yield* running.stdout.pipe(Stream.decodeText(), Stream.splitLines, Stream.runCollect)
    return { exitCode: yield* running.exitCode, lines: Array.from(lines) }
  }).pipe(Effect.scoped)

/** A series by its text, without regard to whose it is. */
export const textOf = ({ attributes, name }: Pick<Series, "attributes" | "name">): string =>
  `${name}{${Object.entries(attributes)
    .map(([label, value]) => `${label}=${JSON.stringify(value)}`)
    .join(",")}}`

/** The series that arrived in more than one stream, as of two resources or scopes, or twice in one request. */
export const doubled = Effect.gen(function* () {
  const { series, violations } = yield* Receiver
  const texts = (yield* series).map(textOf)
  const twice = texts.filter((text, index) => texts.indexOf(text) !== index)
  return [...twice, ...(yield* violations).map(({ attributes, kind, name }) => `${kind} ${name} ${attributes}`)]
})

import { expect, it } from "@effect/vitest"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import { PassThrough } from "node:stream"
import { logTo, makeScreen, say } from "../../src/demo/screen.ts"

const hostile = "a\u001b[2J\nfake: all is well\r\u202eb"
const shown = "a\\u001b[2J\\u000afake: all is well\\u000d\\u202eb"

/** A stream of a process, as far as the screen uses it. */
const streamOf = () => {
  const pieces: Array<string> = []
  const stream = Object.assign(new PassThrough(), { isTTY: false, columns: 80 })
  stream.on("data", (piece: Buffer) => pieces.push(piece.toString("utf8")))
  return { stream: stream as unknown as NodeJS.WriteStream, written: () => pieces.join("") }
}

it.effect("shows names, messages and causes of others in one line each, without escape sequences", () =>
  Effect.gen(function* () {
    const { stream, written } = streamOf()
    const screen = makeScreen(stream)
    yield* say(screen, `1 changed: ${hostile}`)
    yield* Effect.logInfo(hostile).pipe(
      Effect.annotateLogs({ file: hostile }),
      Effect.zipRight(Effect.logInfo("failed", Cause.fail(new Error(hostile)))),
      Effect.provide(logTo(screen))
    )
    const [said, logged, failed, ...more] = written().split("\n")
    expect(said).toBe(`1 changed: ${shown}`)
    expect(logged?.slice(9)).toBe(`info: ${shown} file=${shown}`)
    expect(failed?.slice(9)).toMatch(/^info: failed: Error: a\\u001b\[2J/)
    expect(more).toEqual([""])
  })
)

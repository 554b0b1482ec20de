/**
 * `npm run record`: records the answers from which `npm run generate` draws the pictures of the dashboards. Ctrl-C stops
 * it with all that it started, and leaves the committed answers as they are.
 */
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import { mkdirSync, writeFileSync } from "node:fs"
import path from "node:path"
import { answersFile, formatAnswers } from "./answers/answers.ts"
import { record } from "./record/recording-session.ts"

const say = (line: string) => process.stderr.write(`${line}\n`)

const fiber = Effect.runFork(
  record(say).pipe(
    Effect.map((answers) => {
      const text = formatAnswers(answers)
      mkdirSync(path.dirname(answersFile), { recursive: true })
      writeFileSync(answersFile, text)
      say(`Wrote ${answers.answers.length} answers, ${Math.round(text.length / 1000)} kB. Now run npm run generate.`)
      return 0
    }),
    Effect.catchAll(({ message }) => Effect.sync(() => (say(message), 1))),
    Effect.onInterrupt(() => Effect.sync(() => say("Stopped; nothing was recorded.")))
  )
)
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
  process.once(signal, () => Effect.runFork(Fiber.interrupt(fiber)))
}
const exit = await Effect.runPromise(Fiber.await(fiber))
if (exit._tag === "Failure" && !Cause.isInterruptedOnly(exit.cause)) {
  say(Cause.pretty(exit.cause))
}
process.exitCode = exit._tag === "Success" ? exit.value : 1

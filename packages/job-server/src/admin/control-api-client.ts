/** Finding the running server, and asking it. */
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { type Answer, AnswerJson, type Question, QuestionJson } from "./control-api-protocol.ts"
import { readSigns, type Sign } from "./server-registration.ts"

/** No server could be asked, or it did not answer; `message` is one line with the mend. */
export class NoServer extends Data.TaggedError("NoServer")<{ readonly message: string }> {}

/** The server that is meant: the only one, or the one at the port. */
export const findServer = (port: number | undefined): Effect.Effect<Sign, NoServer> =>
  Effect.flatMap(readSigns, (signs) => {
    const [first, second] = port === undefined ? signs : signs.filter((sign) => sign.port === port)
    const given = port === undefined ? "" : `--port is ${port}, where no job server of this user listens. `
    if (first === undefined) {
      return signs.length === 0
        ? new NoServer({
            message: `${given}No job server runs, expected one that was started with npm run demo (without --once): start it in another terminal, and wait until it says that it can be reached`
          })
        : new NoServer({
            message: `${given}Expected ${listed(signs)}: give that port, or leave --port out if only one runs`
          })
    }
    return second === undefined
      ? Effect.succeed(first)
      : new NoServer({
          message: `${signs.length} job servers run (${listed(signs)}), expected one: add --port ${first.port}`
        })
  })

const listed = (signs: ReadonlyArray<Sign>) =>
  signs.map(({ folder, pid, port }) => `port ${port} (process ${pid}, ${folder})`).join(", ")

/** Longer than the server itself takes for anything. */
const answersWithin = "45 seconds"

/** Asks the server, and returns its answer. */
export const ask = ({ pid, port, word }: Sign, question: Question): Effect.Effect<Answer, NoServer> => {
  const server = `The job server at port ${port} (process ${pid})`
  return Effect.gen(function* () {
    const body = yield* Schema.encode(QuestionJson)(question)
    const text = yield* Effect.tryPromise({
      try: (signal) =>
        fetch(`http://127.0.0.1:${port}/`, {
          method: "POST",
          body,
          signal,
          headers: { authorization: `Bearer ${word}`, connection: "close", "content-type": "application/json" }
        }).then((response) => response.text()),
      catch: (error) => lost(server, question, error)
    })
    return yield* Schema.decode(AnswerJson)(text)
  }).pipe(
    Effect.catchTag(
      "ParseError",
      () =>
        new NoServer({ message: `${server} speaks another version of this protocol: start it again with npm run demo` })
    ),
    Effect.timeoutFail({
      duration: answersWithin,
      onTimeout: () =>
        new NoServer({
          message: `${server} did not answer within ${answersWithin}: look whether it still works, or end it and start npm run demo again`
        })
    })
  )
}

const changing: ReadonlySet<Question["_tag"]> = new Set(["Submit", "Cancel", "Replay"])

const lost = (server: string, { _tag }: Question, error: unknown): NoServer => {
  const cause = error instanceof Error ? error.cause : undefined
  const code = typeof cause === "object" && cause !== null && "code" in cause ? String(cause.code) : String(error)
  const isOpen = code !== "ECONNREFUSED" && changing.has(_tag)
  const unknown = isOpen ? " Whether it was done is not known." : ""
  return new NoServer({
    message: `${server} ended, or does not answer any more (${code}), expected one that runs: start npm run demo again.${unknown}`
  })
}

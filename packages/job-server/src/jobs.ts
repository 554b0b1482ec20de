/** `npm run jobs`: one command to a running job server, from another terminal. */
import * as Cause from "effect/Cause"
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import { ask, findServer } from "./admin/control-api-client.ts"
import { parseJobs } from "./admin/jobs-arguments.ts"
import { documentOf, wordsOf } from "./admin/jobs-format.ts"

const exitCodes = { done: 0, refused: 1, misused: 2, unreachable: 3 } as const

const run = Effect.gen(function* () {
  const asked = yield* parseJobs(process.argv.slice(2))
  if ("help" in asked) return yield* Effect.as(Console.log(asked.help), exitCodes.done)
  const { isJson, port, question } = asked
  const answer = yield* ask(yield* findServer(port), question)
  if (answer._tag === "Refusal") return yield* Effect.as(Console.error(answer.message), exitCodes.refused)
  yield* Console.log(isJson ? JSON.stringify(documentOf(answer), undefined, 2) : wordsOf(answer, question))
  return exitCodes.done
})

const said =
  (code: number) =>
  ({ message }: { readonly message: string }) =>
    Effect.as(Console.error(message), code)

/** What nobody foresaw is said as it is. */
const collapse = (cause: Cause.Cause<never>) => Effect.as(Console.error(Cause.pretty(cause)), exitCodes.refused)

const code = await Effect.runPromise(
  run.pipe(
    Effect.catchTags({ BadArgument: said(exitCodes.misused), NoServer: said(exitCodes.unreachable) }),
    Effect.catchAllCause(collapse)
  )
)
process.stdout.write("", () => process.exit(code))

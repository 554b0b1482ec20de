/** `npm run jobs`: sends one command to a running job server from another terminal. */
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import { call, findServer } from "./admin/control-api-client.ts"
import { parseJobsOptions } from "./admin/jobs-arguments.ts"
import { documentOf, formatResponse } from "./admin/jobs-format.ts"
import { oneLine, print, printError } from "./command-line/printable.ts"

const exitCodes = { done: 0, rejected: 1, wrongUsage: 2, noServer: 3 } as const

const run = Effect.gen(function* () {
  const options = yield* parseJobsOptions(process.argv.slice(2))
  if ("help" in options) {
    return yield* Effect.as(print(options.help), exitCodes.done)
  }
  const { isJson, port, request } = options
  const response = yield* call(yield* findServer(port), request)
  if (response._tag === "Rejected") {
    return yield* Effect.as(printError(oneLine(response.message)), exitCodes.rejected)
  }
  yield* print(isJson ? JSON.stringify(documentOf(response), undefined, 2) : formatResponse(response, request))
  return exitCodes.done
})

const printFailure =
  (code: number) =>
  ({ message }: { readonly message: string }) =>
    Effect.as(printError(oneLine(message)), code)

const printDefect = (cause: Cause.Cause<never>) => Effect.as(printError(Cause.pretty(cause)), exitCodes.rejected)

const code = await Effect.runPromise(
  run.pipe(
    Effect.catchTags({ UsageError: printFailure(exitCodes.wrongUsage), NoServer: printFailure(exitCodes.noServer) }),
    Effect.catchAllCause(printDefect)
  )
)
process.stdout.write("", () => process.exit(code))

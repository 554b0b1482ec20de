/** What every request passes before anything else: who sends it, whether they may, and what it brings along. */
import type * as HttpServerRequest from "@effect/platform/HttpServerRequest"
import * as Effect from "effect/Effect"
import { callerOf } from "./caller.ts"
import { cleanText } from "./clean-text.ts"
import type { JobsPageAccess, JobsPageOptions } from "./options.ts"
import { Refusal } from "./refusals.ts"
import { checkedBody } from "./request-body.ts"
import { crossOrigin } from "./same-origin.ts"

/** What decides. */
export interface GateOptions<E, R> {
  readonly access: JobsPageOptions<E, R>["access"]
  readonly origins: ReadonlySet<string> | undefined
}

/** The caller of a request that may be answered. A change that is refused is logged. */
export const admitted = <E, R>(
  { access, origins }: GateOptions<E, R>,
  request: HttpServerRequest.HttpServerRequest
): Effect.Effect<JobsPageAccess, Refusal, R> => {
  const isChange = request.method === "POST"
  return Effect.gen(function* () {
    const caller = yield* Effect.catchAll(callerOf(access, request), ({ isDefect }) =>
      Effect.fail(forbidden(isDefect ? 500 : 403, noAccess))
    )
    const refusal = refusalOf(caller, request, origins)
    if (refusal !== undefined) {
      yield* isChange ? logRefused(caller, request, refusal) : Effect.void
      return yield* Effect.fail(refusal)
    }
    if (isChange) {
      yield* Effect.tapError(checkedBody(request), (failed) => logRefused(caller, request, failed))
    }
    return caller
  })
}

const noAccess = "You have no access to this page"

const forbidden = (status: number, message: string, headers: Readonly<Record<string, string>> = {}): Refusal =>
  new Refusal({ status, tag: "Forbidden", message, headers })

const refusalOf = (
  { challenge, level }: JobsPageAccess,
  { headers, method }: HttpServerRequest.HttpServerRequest,
  origins: ReadonlySet<string> | undefined
): Refusal | undefined => {
  if (level === "none") {
    return challenge === undefined
      ? forbidden(403, noAccess)
      : forbidden(401, noAccess, { "www-authenticate": challenge })
  }
  if (method === "GET" || method === "HEAD") {
    return undefined
  }
  if (method !== "POST") {
    return forbidden(405, `There is no ${cleanText(method)} here`, { allow: "GET, HEAD, POST" })
  }
  if (level !== "write") {
    return forbidden(403, "You may look at jobs, and not change them")
  }
  const why = crossOrigin(headers, origins)
  return why === undefined ? undefined : forbidden(403, why)
}

/** The body is not read: whoever is refused decides nothing but the path. */
const logRefused = (
  { who }: JobsPageAccess,
  request: HttpServerRequest.HttpServerRequest,
  { message, status }: Refusal
): Effect.Effect<void> =>
  Effect.annotateLogs(Effect.logWarning("Jobs page: a request was refused"), {
    who: cleanText(who),
    path: cleanText(request.url),
    status,
    result: message
  })

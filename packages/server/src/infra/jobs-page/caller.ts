/** Who sends a request, and what the application lets them do. Whatever goes wrong lets nobody through. */
import type * as HttpServerRequest from "@effect/platform/HttpServerRequest"
import * as Cause from "effect/Cause"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Predicate from "effect/Predicate"
import type { JobsPageAccess } from "./options.ts"

/** The caller of the request that is handled; nobody, unless it was asked. */
export class Caller extends Context.Reference<Caller>()("@parametric-portal/server/JobsPageCaller", {
  defaultValue: (): JobsPageAccess => ({ level: "none", who: "nobody" })
}) {}

/** A request that nothing is known of: `access` failed with an error, or it broke. */
export class AccessFailed {
  readonly _tag = "AccessFailed"
  readonly isDefect: boolean
  constructor(isDefect: boolean) {
    this.isDefect = isDefect
  }
}

/** Asks the application. */
export const callerOf = <E, R>(
  access: (request: HttpServerRequest.HttpServerRequest) => Effect.Effect<JobsPageAccess, E, R>,
  request: HttpServerRequest.HttpServerRequest
): Effect.Effect<JobsPageAccess, AccessFailed, R> =>
  Effect.suspend(() => access(request)).pipe(
    Effect.map(checked),
    Effect.sandbox,
    Effect.catchAll((cause) =>
      Effect.zipRight(
        Effect.logError("The jobs page can't find out who sends a request, and refuses it", cause),
        Effect.fail(new AccessFailed(Cause.isDie(cause)))
      )
    )
  )

/** What is no level of ours is none, whatever a caller without types gave. */
const checked = (given: unknown): JobsPageAccess => {
  const { challenge, level, who } = Predicate.isRecord(given) ? given : {}
  return {
    level: level === "read" || level === "write" ? level : "none",
    who: typeof who === "string" ? who : "",
    // What can't be a header is none.
    challenge: typeof challenge === "string" && /^[ -~]{1,500}$/.test(challenge) ? challenge : undefined
  }
}

/** The label `error_type` of a request to this server, and the cause that it is read from. */
import * as HttpServerError from "@effect/platform/HttpServerError"
import * as Cause from "effect/Cause"
import * as HashSet from "effect/HashSet"
import * as Option from "effect/Option"
import { errorTag } from "../../observe/catalogue/error-name.ts"
import type { Outcome } from "../../observe/catalogue/outcome.ts"
import { ofCause } from "../../observe/track/outcome-of.ts"

type AnyCause = Cause.Cause<unknown>

/** The cause contains the interruption by which Effect ends a request whose client went away. */
export const isClientAbort = (cause: AnyCause): boolean =>
  HashSet.has(Cause.interruptors(cause), HttpServerError.clientAbortFiberId)

/** The outcome of a cause without the responses that Effect puts into it; `undefined` if it is nothing but those. */
export const outcomeOf = (cause: AnyCause): Outcome | undefined =>
  Option.getOrUndefined(Option.map(HttpServerError.causeResponseStripped(cause)[1], ofCause))

/** The name of what went wrong. */
export const errorTypeOf = (outcome: Outcome): string | undefined => {
  switch (outcome._tag) {
    case "success":
      return undefined
    case "failure":
      return errorTag(outcome.error)
    case "defect":
      return errorTag(outcome.defect)
    case "interrupted":
      return outcome._tag
  }
}

/** The body of a response could not be written. */
export const isBodyFailure = (outcome: Outcome | undefined): boolean =>
  outcome?._tag === "failure" && HttpServerError.isServerError(outcome.error) && outcome.error._tag === "ResponseError"

/** No router had a route for the request. */
export const isUnmatched = (outcome: Outcome | undefined): boolean =>
  outcome?._tag === "failure" && HttpServerError.isServerError(outcome.error) && outcome.error._tag === "RouteNotFound"

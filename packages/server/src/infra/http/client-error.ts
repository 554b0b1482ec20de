/** The label `error_type` of a request that this process sent and that got no response. */
import * as Predicate from "effect/Predicate"
import { errorTag } from "../../observe/catalogue/error-name.ts"
import type { Outcome } from "../../observe/catalogue/outcome.ts"

/**
 * The `reason` of the error (`InvalidUrl`), and of `Transport` the code of the operating system, of TLS or of the client
 * where it has one (`ECONNREFUSED`), else its tag; `interrupted` where the request was given up.
 */
export const clientErrorType = (outcome: Outcome): string | undefined => {
  switch (outcome._tag) {
    case "success":
      return undefined
    case "failure":
      return failureType(outcome.error)
    case "defect":
      return errorTag(outcome.defect)
    case "interrupted":
      return outcome._tag
  }
}

const failureType = (error: unknown): string => {
  const reason = reasonOf(error)
  return reason === undefined || reason === "Transport" ? (codeOf(error, depth) ?? reason ?? errorTag(error)) : reason
}

// The platform's error, that of `fetch`, that of the socket.
const depth = 3

const codeOf = (error: unknown, left: number): string | undefined => {
  if (Predicate.hasProperty(error, "code") && typeof error.code === "string" && word.test(error.code)) {
    return error.code
  }
  return left > 0 && Predicate.hasProperty(error, "cause") ? codeOf(error.cause, left - 1) : undefined
}

const reasonOf = (error: unknown): string | undefined =>
  Predicate.hasProperty(error, "reason") && typeof error.reason === "string" && word.test(error.reason)
    ? error.reason
    : undefined

const word = /^[A-Za-z][A-Za-z0-9_]{1,47}$/

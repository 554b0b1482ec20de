/** The errors of `@effect/cluster` by name, also where only the name of an error came over the wire. */
import * as Data from "effect/Data"
import * as Predicate from "effect/Predicate"
import { clusterErrorType, textOf, wordOf } from "../../observe/catalogue/error-name.ts"
import { clean } from "../../observe/catalogue/label.ts"
import type { Outcome } from "../../observe/catalogue/outcome.ts"

/** Why a cluster operation failed. */
export const clusterErrorReasons = [
  "AlreadyProcessingMessage",
  "EntityNotAssignedToRunner",
  "MailboxFull",
  "MalformedMessage",
  "PersistenceError",
  "RpcClientError",
  "RunnerNotRegistered",
  "RunnerUnavailable",
  "SendTimeout",
  "SerializationError",
  "Suspended"
] as const

/** Why a cluster operation failed; see {@link clusterErrorReasons}. */
export type ClusterErrorReason = (typeof clusterErrorReasons)[number]

/**
 * A failed cluster operation, under one of eleven reasons. `cause` is the original error.
 *
 * `SendTimeout` is the error of `Effect.timeout`, `SerializationError` a payload or reply that its schema refused,
 * `Suspended` a workflow that waits.
 */
export class ClusterError extends Data.TaggedError("ClusterError")<{
  readonly reason: ClusterErrorReason
  readonly cause: unknown
}> {
  /** The error under its reason; `undefined` for one that is not the cluster's, such as a handler's own failure. */
  static readonly from = (error: unknown): ClusterError | undefined => {
    const reason = ClusterError.reasonOf(error)
    return reason === undefined ? undefined : new ClusterError({ reason, cause: error })
  }

  /**
   * The reason of an error, by its `_tag`, `name` or `reason`, or by the first word of a defect that became a string.
   */
  static readonly reasonOf = (error: unknown): ClusterErrorReason | undefined => {
    for (const name of namesOf(error)) {
      const reason = reasons.get(name)
      if (reason !== undefined) {
        return reason
      }
    }
    return undefined
  }

  /** The reason, and the message of the original error. */
  override get message(): string {
    return `${this.reason}: ${textOf(this.cause, "message") ?? clusterErrorType(this.cause)}`
  }
}

/** The short name of any error of a cluster operation: its reason, else its `type` in `cluster_errors_total`. */
export const errorTag = (error: unknown): string => ClusterError.reasonOf(error) ?? clusterErrorType(error)

/** The label `type` of an operation that failed or died; `undefined` for a success or an interruption. */
export const errorTypeOf = (outcome: Outcome): string | undefined => {
  switch (outcome._tag) {
    case "failure":
      return clusterErrorType(outcome.error)
    case "defect":
      return clusterErrorType(outcome.defect)
    case "success":
    case "interrupted":
      return undefined
  }
}

const reasons: ReadonlyMap<string, ClusterErrorReason> = new Map<string, ClusterErrorReason>([
  ...clusterErrorReasons.map((reason) => [reason, reason] as const),
  ["TimeoutException", "SendTimeout"],
  ["ParseError", "SerializationError"]
])

// `reason` comes last: an RpcClientError has one too, which says less than its tag.
const namesOf = (error: unknown): ReadonlyArray<string> =>
  Predicate.isString(error)
    ? [/^\W*(\w+)/u.exec(clean(error))?.[1] ?? ""]
    : [wordOf(error, "_tag"), wordOf(error, "name"), wordOf(error, "reason")].filter(Predicate.isString)

/**
 * The closed sets of label values by name: a query says `jobState.ready`, and a value that is not in the set does not
 * compile. The sets themselves are the catalogue's.
 */
import {
  backlogStates,
  clientAbort,
  connectionStates,
  cpuModes,
  deactivationReasons,
  dropReasons,
  eventLoopStates,
  failedOutcomes,
  healthCheckResults,
  jobOperations,
  jobStates,
  poolStates,
  recordDropReasons,
  redeliveryReasons,
  runOutcomes,
  shardMoveDirections,
  slotStates
} from "@parametric-portal/server/observe/catalogue"
import { type Match, noneOf, oneOf } from "./select.ts"

type Named<V extends string> = { readonly [K in V]: K }

const named = <const V extends string>(values: ReadonlyArray<V>): Named<V> => {
  const byName = Object.fromEntries(values.map((value) => [value, value]))
  if (!isNamed(byName, values)) {
    throw new Error(`a set of label values is not closed: ${values.join(", ")}`)
  }
  return byName
}

const isNamed = <V extends string>(
  byName: Readonly<Record<string, string>>,
  values: ReadonlyArray<V>
): byName is Named<V> => values.every((value) => byName[value] === value)

export const jobOperation = named(jobOperations)
export const jobState = named(jobStates)
export const slotState = named(slotStates)
export const backlogState = named(backlogStates)
export const deactivation = named(deactivationReasons)
export const redelivery = named(redeliveryReasons)
export const healthCheck = named(healthCheckResults)
export const shardMove = named(shardMoveDirections)
export const dropReason = named(dropReasons)
export const recordDropReason = named(recordDropReasons)
export const failedOutcome = named(failedOutcomes)
export const connectionState = named(connectionStates)
export const cpuMode = named(cpuModes)
export const eventLoopState = named(eventLoopStates)
export const poolState = named(poolStates)

/** A success: it has no label `outcome`. */
export const succeeded: Match<never> = { operator: "=", values: [] }

/** Ended in a failure or a defect: not interrupted. */
export const failedOrDied = oneOf(failedOutcome.failure, failedOutcome.defect)

/** Ended in anything but success. */
export const unsuccessful = oneOf(...failedOutcomes)

/** A run that ended in anything but success, or was suspended. */
export const unsuccessfulRun = oneOf(...runOutcomes)

/** Ended without an error: it has no label `error_type`. */
export const withoutError: Match<never> = { operator: "=", values: [] }

/** Ended in an error, whatever its type. */
export const withError = noneOf("")

/** A request to this server that failed: its status is 500 or above, or its response broke off. Clients' aborts are none. */
export const failedRequest = noneOf("", clientAbort)

/** A request that ended with an answer, good or bad, and was not given up by its client. */
export const answeredRequest = noneOf(clientAbort)

/** A request that a route matched. */
export const matchedRoute = noneOf("")

/**
 * The closed sets of label values by name: a query says `jobState.ready`, and a value that is not in the set does not
 * compile. The sets themselves are the catalogue's.
 */
import {
  backlogStates,
  deactivationReasons,
  dropReasons,
  failedOutcomes,
  healthCheckResults,
  jobOperations,
  jobStates,
  recordDropReasons,
  redeliveryReasons,
  runOutcomes,
  shardMoveDirections,
  slotStates
} from "@parametric-portal/server/observe/catalogue"
import { type Match, oneOf } from "./select.ts"

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

/** A success: it has no label `outcome`. */
export const succeeded: Match<never> = { operator: "=", values: [] }

/** Ended in a failure or a defect: not interrupted. */
export const failedOrDied = oneOf(failedOutcome.failure, failedOutcome.defect)

/** Ended in anything but success. */
export const unsuccessful = oneOf(...failedOutcomes)

/** A run that ended in anything but success, or was suspended. */
export const unsuccessfulRun = oneOf(...runOutcomes)

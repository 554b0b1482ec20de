/** The states of a job in the tables, and how rows become values. */
import * as Either from "effect/Either"
import * as Schema from "effect/Schema"
import { jobStates } from "../../../observe/catalogue.ts"
import { Priority } from "../definition/priority.ts"

/** Where a job stands. The first four are alive, the others final; a replay brings a dead one back. */
export const JobState = Schema.Literal(...jobStates, "completed", "cancelled", "dead")
export type JobState = typeof JobState.Type

/** A number of a row: PostgreSQL's driver gives a BIGINT as text. */
export type Numeric = number | string

export const optionalNumber = (value: Numeric | null): number | undefined =>
  value === null ? undefined : Number(value)

/** The priority in a row; what another version wrote and this one does not know counts as normal. */
export const priorityOf = (text: string): Priority => Either.getOrElse(decodePriority(text), () => "normal" as const)

/** The state in a row; one that this version does not know is a defect, for nothing true can be said of such a job. */
export const stateOf: (text: string) => JobState = Schema.decodeUnknownSync(JobState)

const decodePriority = Schema.decodeUnknownEither(Priority)

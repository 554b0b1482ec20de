/** The states of a job, by their words. */
import * as Schema from "effect/Schema"
import { jobStates } from "../../../observe/catalogue.ts"

/** Where a job stands. The first four are alive, the others final; a replay brings a dead one back. */
export const JobState = Schema.Literal(...jobStates, "completed", "cancelled", "dead")
export type JobState = typeof JobState.Type

/** The state in a row; one that this version does not know is a defect, for nothing true can be said of such a job. */
export const stateOf: (text: string) => JobState = Schema.decodeUnknownSync(JobState)

/** The schema of a {@link JobError}, for an `Rpc`, an `HttpApi` or a table. */
import * as Schema from "effect/Schema"
import { JobError, jobErrorReasons } from "./error.ts"

/** The reasons of a {@link JobError}, as a schema. */
export const JobErrorReason = Schema.Literal(...jobErrorReasons)
export type JobErrorReason = typeof JobErrorReason.Type

/** The schema of {@link JobError}: a struct with its tag and its fields. */
export const JobErrorSchema = Schema.transform(
  Schema.TaggedStruct("JobError", {
    reason: JobErrorReason,
    message: Schema.String,
    jobId: Schema.optional(Schema.String),
    jobType: Schema.optional(Schema.String),
    cause: Schema.optional(Schema.Defect)
  }),
  Schema.instanceOf(JobError),
  { strict: true, decode: (fields) => new JobError(fields), encode: (error) => error }
).annotations({ identifier: "JobError", title: "JobError" })

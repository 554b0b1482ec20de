/**
 * Durable jobs whose queue is a table. `Job` defines a kind of job, registers its handler and schedules it. `JobService`
 * submits and manages jobs. `JobEntityLive` runs them on the entities of a cluster. Metrics agree with the tables.
 *
 * [Durable jobs](https://github.com/parametric-portal/parametric-portal/blob/main/docs/guides/jobs.md)
 *
 * @module
 */
export * as Job from "./jobs/definition/job.ts"
export type { Attempt } from "./jobs/definition/attempt.ts"
export { type Baggage, type BaggageKeys, JobBaggage } from "./jobs/baggage.ts"
export type { BackoffOptions } from "./jobs/definition/backoff.ts"
export {
  JobsConfig,
  type JobsOptions,
  type JobsSettings,
  type KeepOptions,
  type KeepSettings,
  settingsOf
} from "./jobs/config.ts"
export type { Codec, CodecError } from "./jobs/definition/codec.ts"
export { type Accepted, JobEntity } from "./jobs/entity.ts"
export { JobEntityLive } from "./jobs/entity-live.ts"
export { JobError, type JobErrorFields } from "./jobs/error.ts"
export { JobErrorReason, JobErrorSchema } from "./jobs/error-schema.ts"
export { JobHandlers } from "./jobs/definition/handlers.ts"
export { JobSchedules } from "./jobs/definition/schedules.ts"
export type { LimitOptions } from "./jobs/definition/limits.ts"
export type { TraceMode } from "./jobs/spans.ts"
export { OptionsError } from "../observe/instrument/options-error.ts"
export type { DeadLetter, DeadLetterPage, ListOptions, Page, PurgeFinishedOptions, PurgeOptions } from "./jobs/pages.ts"
export { Priority } from "./jobs/definition/priority.ts"
export type { JobResult } from "./jobs/result.ts"
export { type DeadLetters, type Jobs, JobService, type JobServiceError } from "./jobs/service.ts"
export { JobStore } from "./jobs/store.ts"
export type { Replayed, ReplayManyOptions } from "./jobs/replay-many.ts"
export type { Depth, JobFailure, JobStatus, Oldest, RunnerStatus } from "./jobs/store/operations.ts"
export type { TableOptions } from "./jobs/store/names.ts"
export { JobState } from "./jobs/store/state.ts"
export type { SubmitManyOptions, SubmitOptions } from "./jobs/submit/submission.ts"

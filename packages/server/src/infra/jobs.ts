/**
 * Durable jobs on the entities of a cluster: `Job` defines a kind of job and registers its handler, `JobService` submits
 * and looks after them, `JobEntityLive` runs them. What the metrics say of them is what the tables say.
 */
export * as Job from "./jobs/job.ts"
export type { Attempt } from "./jobs/attempt.ts"
export type { BackoffOptions } from "./jobs/backoff.ts"
export { JobsConfig, type JobsOptions, type JobsSettings, settingsOf } from "./jobs/config.ts"
export { JobEntity } from "./jobs/entity.ts"
export { JobEntityLive } from "./jobs/entity-live.ts"
export { JobError, JobErrorReason } from "./jobs/error.ts"
export { JobHandlers } from "./jobs/handlers.ts"
export { OptionsError } from "../observe/instrument/options-error.ts"
export { Priority } from "./jobs/priority.ts"
export type { JobResult } from "./jobs/result.ts"
export { type DeadLetters, type Jobs, JobService } from "./jobs/service.ts"
export { JobStore } from "./jobs/store.ts"
export type { PurgeFinishedOptions, PurgeOptions } from "./jobs/store/accept.ts"
export type { DeadLetter, DeadLetterPage, ListOptions } from "./jobs/store/dead-letters.ts"
export type { Depth } from "./jobs/store/depth.ts"
export type { JobFailure } from "./jobs/store/failures.ts"
export type { JobStatus } from "./jobs/store/read.ts"
export { JobState } from "./jobs/store/state.ts"
export type { SubmitOptions } from "./jobs/submission.ts"

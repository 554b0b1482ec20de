/**
 * A `JobService` that logs the calls of `submit`. Each ends with an entry of the store, or was refused before it got
 * there; who was interrupted before leaves no other trace.
 */
import { JobService } from "@parametric-portal/server/infra/jobs"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type { EventLog } from "./event-log.ts"

/** Decorates the `JobService` that it is given. */
export const recordingService = (log: EventLog): Layer.Layer<JobService, never, JobService> =>
  Layer.effect(
    JobService,
    Effect.map(JobService, (service) => ({
      ...service,
      submit: (job, payload, options) =>
        Effect.suspend(() => {
          const { type } = job
          const priority = options?.priority ?? job.priority
          log.append({ _tag: "SubmitCalled", type, priority })
          return Effect.tapError(service.submit(job, payload, options), ({ reason }) =>
            Effect.sync(() => {
              if (reason === "Validation") {
                log.append({ _tag: "Rejected", type, priority, reason })
              }
            })
          )
        })
    }))
  )

/** What callers do to jobs, from this process or over the wire: the same submits, cancels and replays for both. */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type { MetricsService } from "../../observe/metrics.ts"
import { JobStore } from "./store.ts"
import { type Changes, makeChanges } from "./submit/changes.ts"
import { makeDoubts } from "./submit/doubts.ts"
import { makeInsertion } from "./submit/insertion.ts"
import { LocalRunners } from "./submit/local-runners.ts"
import { makeSubmitMany, type SubmitMany } from "./submit/many.ts"
import { makeRecorder } from "./submit/message-recorder.ts"
import { reached } from "./submit/refusal.ts"
import { makeSubmitter, type SubmitDoubts, type Submitter } from "./submit/submitter.ts"

/** The operations of callers on one set of tables. */
export class JobCalls extends Context.Tag("@parametric-portal/server/JobCalls")<
  JobCalls,
  Changes & { readonly submit: Submitter; readonly submitMany: SubmitMany }
>() {
  static readonly layer: Layer.Layer<JobCalls, never, JobStore | MetricsService> = Layer.scoped(
    JobCalls,
    Effect.gen(function* () {
      const tables = yield* JobStore
      const recorder = yield* makeRecorder
      const insertion = yield* makeInsertion(tables)
      const doubts = yield* makeDoubts
      const submitDoubts: SubmitDoubts = (ids, recording) =>
        ids.forEach((id) => doubts.add({ look: reached(tables.isKnown(id)), made: () => recording.found() }))
      return {
        submit: yield* makeSubmitter({ insertion, recorder, doubts: submitDoubts, groupSize: tables.groupSize }),
        submitMany: makeSubmitMany({ insertion, recorder, doubts: submitDoubts }),
        ...makeChanges({ tables, recorder, doubts, runners: yield* LocalRunners })
      }
    })
  )
}

/** Records what happens in a server into an event log, beside the library and without its metrics. */
import * as Effect from "effect/Effect"
import type { AroundAttempt, Recorder } from "../server/recorder.ts"
import type { EventLog } from "./event-log.ts"
import { eventLogGauge } from "./event-log-gauge.ts"
import { outcomeOf } from "./exit-outcome.ts"
import { recordingService } from "./recording-service.ts"
import { recordingSharding } from "./recording-sharding.ts"
import { recordingStore } from "./recording-store.ts"
import { WireCounts } from "./wire-counts.ts"

export const eventRecorder = (log: EventLog, wire = new WireCounts()): Recorder => ({
  service: recordingService(log),
  store: recordingStore(log),
  sharding: recordingSharding(log),
  aroundAttempt: recordingAttempt(log),
  pool: wire.ofPool,
  statements: wire.statementsLayer,
  counts: wire.metrics,
  metrics: eventLogGauge(log)
})

const recordingAttempt =
  (log: EventLog): AroundAttempt =>
  (job, attempt) =>
    Effect.suspend(() => {
      const startedAt = performance.now()
      log.append({ _tag: "HandlerStarted", job })
      return Effect.onExit(attempt, (exit) =>
        Effect.sync(() =>
          log.append({ _tag: "HandlerFinished", job, ...outcomeOf(exit), tookMs: performance.now() - startedAt })
        )
      )
    })

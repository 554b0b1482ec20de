/** The recorder of what callers do; where jobs are also messages, each submit is one that is sent. */
import * as Effect from "effect/Effect"
import { MetricsService } from "../../../observe/metrics.ts"
import { surroundings } from "../../../observe/track/job-watch.ts"
import { SubmitWatch } from "../../../observe/track/message-watch.ts"
import type { MessagingTracker } from "../../../observe/track/messaging-series.ts"
import { JobsConfig } from "../config.ts"
import { jobMessages } from "../messages.ts"
import { type Kind, type Recorder, type Recording, unwatched, Watched, type Watching } from "./recorder.ts"

/** The recorder of the metrics in context. */
export const makeRecorder: Effect.Effect<Recorder, never, MetricsService> = Effect.gen(function* () {
  const metrics = yield* MetricsService
  const { isWatched, semconv } = yield* JobsConfig
  const recorder = isWatched ? recorderOf(metrics) : () => unwatched
  return isWatched && semconv ? messageRecorderOf(metrics, recorder) : recorder
})

const recorderOf =
  (metrics: MetricsService): Recorder =>
  (operation, kind) => {
    const around = surroundings()
    const start = { jobType: kind.type, operation, priority: kind.priority }
    return new Watched(metrics, { operation, kind, around }, metrics.jobTracker.watch(start, around))
  }

const messageRecorderOf = (metrics: MetricsService, recorder: Recorder): Recorder => {
  const messages = jobMessages(metrics)
  return (operation, kind) => (operation === "submit" ? sending(metrics, messages, kind) : recorder(operation, kind))
}

const sending = (metrics: MetricsService, messages: MessagingTracker, kind: Kind): Recording => {
  const around = surroundings()
  const watch = new SubmitWatch(metrics.jobTracker, around, { messages })
  watch.begin({ jobType: kind.type, operation: "submit", priority: kind.priority })
  return new Sending(metrics, messages, { watching: { operation: "submit", kind, around }, watch })
}

interface Submit {
  readonly watching: Watching
  readonly watch: SubmitWatch
}

/** One submit. */
class Sending extends Watched {
  private readonly messages: MessagingTracker

  constructor(metrics: MetricsService, messages: MessagingTracker, { watch, watching }: Submit) {
    super(metrics, watching, watch)
    this.messages = messages
  }

  override succeeded(times = 1): void {
    super.succeeded(times)
    if (times > 1) {
      this.messages.sent(times - 1, this.kind.type, this.around.ambient)
    }
  }

  override found(): void {
    super.found()
    this.messages.sent(1, this.kind.type, this.around.ambient)
  }
}

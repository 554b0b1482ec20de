/** What a runner counts where jobs are also messages: each attempt a delivery, and what transactions of callers sent. */
import type { MetricsService } from "../../../observe/metrics.ts"
import type { JobStart } from "../../../observe/track/job-series.ts"
import type { JobWatch, Surroundings } from "../../../observe/track/job-watch.ts"
import { AttemptWatch } from "../../../observe/track/message-watch.ts"
import type { MessagingTracker } from "../../../observe/track/messaging-series.ts"
import type { JobsSettings } from "../config.ts"
import { jobMessages } from "../messages.ts"
import type { Uncounted } from "../store/operations.ts"
import { Recorder } from "./recorder.ts"

/** The recorder that these settings ask for. */
export const makeRecorder = (
  metrics: MetricsService,
  around: Surroundings,
  { isWatched, semconv }: Pick<JobsSettings, "isWatched" | "semconv">
): Recorder => (isWatched && semconv ? new MessageRecorder(metrics, around) : new Recorder(metrics, around, isWatched))

class MessageRecorder extends Recorder {
  private readonly messages: MessagingTracker

  constructor(metrics: MetricsService, around: Surroundings) {
    super(metrics, around, true)
    this.messages = jobMessages(metrics)
  }

  protected override watch(start: JobStart, around: Surroundings, now: number): JobWatch {
    const { jobTracker } = this.metrics
    return new AttemptWatch(jobTracker, around, { messages: this.messages, startMs: now }).begin(start)
  }

  override uncounted(rows: ReadonlyArray<Uncounted>): void {
    super.uncounted(rows)
    for (const { operation, times, type } of rows) {
      if (operation === "submit") {
        this.messages.sent(times, type, this.around.ambient)
      }
    }
  }
}

/** Jobs as messages: the words of OpenTelemetry's conventions, of metrics and of spans. */
import { messagingSystems } from "../../observe/catalogue/messaging.ts"
import type { MetricsService } from "../../observe/metrics.ts"
import { MessagingTracker, type MessagingWords } from "../../observe/track/messaging-series.ts"

const words: MessagingWords = { system: messagingSystems.jobs, send: "submit" }

/** Counts jobs as messages. */
export const jobMessages = (metrics: MetricsService): MessagingTracker => new MessagingTracker(metrics, words)

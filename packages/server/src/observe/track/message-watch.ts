/**
 * Watches of jobs that also move the series of the messaging conventions: at the same moments, with the same seconds. A
 * submit is a send, an attempt a delivery that is processed.
 */
import { attempted } from "../catalogue/attempt.ts"
import { defectReason, failureReason } from "../catalogue/error-name.ts"
import type { Outcome } from "../catalogue/outcome.ts"
import type { JobStart } from "./job-series.ts"
import { JobWatch, type Surroundings, type Tracking } from "./job-watch.ts"
import type { ConsumerSeries, MessagingTracker, ProducerSeries } from "./messaging-series.ts"

/** What counts messages, and when the watch began. */
export interface MessageWatchOptions {
  readonly messages: MessagingTracker
  readonly startMs?: number | undefined
}

abstract class MessageWatch extends JobWatch {
  protected readonly messages: MessagingTracker
  protected destination = ""

  constructor(tracking: Tracking, around: Surroundings, { messages, startMs }: MessageWatchOptions) {
    super(tracking, around, startMs)
    this.messages = messages
  }

  override begin(start: JobStart): this {
    this.destination = start.jobType
    return super.begin(start)
  }
}

/** One submit. */
export class SubmitWatch extends MessageWatch {
  override count(outcome: Outcome, isFinal: boolean, attempts?: number): void {
    super.count(outcome, isFinal, attempts)
    SubmitWatch.sends(this, outcome)
  }

  private get producer(): ProducerSeries {
    return this.messages.producer(this.destination, this.around.ambient)
  }

  private static readonly sends = attempted((watch: SubmitWatch, outcome: Outcome): void => {
    const errorType = errorTypeOf(outcome)
    // One that was interrupted was not written.
    if (outcome._tag !== "interrupted") {
      watch.producer.sent(1, errorType)
    }
    watch.producer.ended({ seconds: watch.seconds, errorType }, watch)
  }, JobWatch.swallow)
}

/** One attempt. */
export class AttemptWatch extends MessageWatch {
  override begin(start: JobStart): this {
    super.begin(start)
    AttemptWatch.delivers(this, undefined)
    return this
  }

  override count(outcome: Outcome, isFinal: boolean, attempts?: number): void {
    super.count(outcome, isFinal, attempts)
    AttemptWatch.processes(this, outcome)
  }

  private get consumer(): ConsumerSeries {
    return this.messages.consumer(this.destination, this.around.ambient)
  }

  private static readonly delivers = attempted((watch: AttemptWatch, _: undefined): void => {
    watch.consumer.delivered()
  }, JobWatch.swallow)

  private static readonly processes = attempted((watch: AttemptWatch, outcome: Outcome): void => {
    watch.consumer.ended({ seconds: watch.seconds, errorType: errorTypeOf(outcome) }, watch)
  }, JobWatch.swallow)
}

/** The reason that `jobs_failed_total` has, or `interrupted`; nothing on success. */
const errorTypeOf = (outcome: Outcome): string | undefined => {
  switch (outcome._tag) {
    case "success":
      return undefined
    case "failure":
      return failureReason(outcome.error)
    case "defect":
      return defectReason(outcome.defect)
    case "interrupted":
      return outcome._tag
  }
}

/** The series of OpenTelemetry's messaging conventions: what was sent, and what was delivered and processed. */
import { detached } from "../catalogue/clean-text.ts"
import type { messaging, messagingSystems } from "../catalogue/messaging.ts"
import { bind, bindEach } from "../instrument/bind.ts"
import { Bindings } from "../instrument/bindings.ts"
import type { HandlesOf } from "../instrument/instrument.ts"
import type { Ambient } from "../instrument/label.ts"
import type { Meter } from "../instrument/meter.ts"
import type { Moment } from "../instrument/moment.ts"
import type { Series } from "../instrument/series.ts"

type MessagingHandles = HandlesOf<typeof messaging>

/** What messages are sent with. */
export interface MessagingWords {
  readonly system: (typeof messagingSystems)[keyof typeof messagingSystems]
  /** The name of what a producer does. */
  readonly send: string
}

/** How an operation ended: how long it took, and of what it failed; `undefined` is a success. */
export interface Ended {
  readonly seconds: number
  readonly errorType: string | undefined
}

/** Finds the series of a destination, bound when they first move and again after a removal. */
export class MessagingTracker {
  private readonly meter: Meter
  private readonly handles: MessagingHandles
  private readonly words: MessagingWords
  private readonly producers: Bindings<ProducerSeries>
  private readonly consumers: Bindings<ConsumerSeries>

  constructor(
    { messaging: handles, meter }: { readonly messaging: MessagingHandles; readonly meter: Meter },
    words: MessagingWords
  ) {
    this.meter = meter
    this.handles = handles
    this.words = words
    this.producers = new Bindings(meter)
    this.consumers = new Bindings(meter)
  }

  /** So many more messages were sent to a destination. */
  sent(messages: number, destination: string, ambient: Ambient): void {
    this.meter.guard("messaging", () => this.producer(destination, ambient).sent(messages))
  }

  /** The series of what is sent to a destination. */
  producer(destination: string, ambient: Ambient): ProducerSeries {
    const branch = this.producers.under(ambient).at(destination)
    branch.bound ??= new ProducerSeries(this.handles, this.labels(this.words.send, destination), ambient)
    return branch.bound
  }

  /** The series of what is delivered from a destination. */
  consumer(destination: string, ambient: Ambient): ConsumerSeries {
    const branch = this.consumers.under(ambient).at(destination)
    branch.bound ??= new ConsumerSeries(
      this.handles,
      [this.labels("receive", destination), this.labels("process", destination)],
      ambient
    )
    return branch.bound
  }

  // Kept as long as the series are: by itself, whatever it was cut from.
  private labels(messaging_operation_name: string, destination: string): MessagingLabels {
    return {
      messaging_system: this.words.system,
      messaging_operation_name,
      messaging_destination_name: detached(destination)
    }
  }
}

/** The labels that all have. */
type MessagingLabels = Readonly<
  Record<"messaging_system" | "messaging_operation_name" | "messaging_destination_name", string>
>

/** What is sent to one destination. */
export class ProducerSeries {
  private readonly messages: (errorType: string | undefined) => Series
  private readonly duration: (errorType: string | undefined) => Series

  constructor({ operationDuration, sentMessages }: MessagingHandles, labels: MessagingLabels, ambient: Ambient) {
    this.messages = bindEach(sentMessages, "error_type", { labels, ambient })
    this.duration = bindEach(operationDuration, "error_type", {
      labels: { ...labels, messaging_operation_type: "send" },
      ambient
    })
    // So that the counter shows zero before the first message.
    this.messages(undefined)
  }

  /** So many messages were sent, or of an error not. */
  sent(messages: number, errorType?: string): void {
    this.messages(errorType).record(messages)
  }

  /** Sending has ended. */
  ended({ errorType, seconds }: Ended, at: Moment): void {
    this.duration(errorType).record(seconds, at)
  }
}

/** What is delivered from one destination. */
export class ConsumerSeries {
  private readonly messages: Series
  private readonly duration: (errorType: string | undefined) => Series

  constructor(
    { consumedMessages, processDuration }: MessagingHandles,
    [receive, process]: readonly [MessagingLabels, MessagingLabels],
    ambient: Ambient
  ) {
    this.messages = bind(consumedMessages, receive, ambient)
    this.duration = bindEach(processDuration, "error_type", { labels: process, ambient })
  }

  /** A message was delivered. */
  delivered(): void {
    this.messages.record(1)
  }

  /** Processing it has ended; here, in the span that runs now, unless a moment is given. */
  ended({ errorType, seconds }: Ended, at?: Moment): void {
    this.duration(errorType).record(seconds, at)
  }
}

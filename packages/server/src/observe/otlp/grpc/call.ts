/** One request over gRPC. */
import type { ClientUnaryCall, Metadata } from "@grpc/grpc-js"
import * as Effect from "effect/Effect"
import { processClock } from "../../instrument/sound-clock.ts"
import { afterReading, type Attempt, type Body, NoAnswer } from "../in-flight.ts"
import { rejectionIn } from "../partial-success.ts"
import type { Refusal, Reply } from "../transport.ts"
import type { Channel, Channels } from "./channel.ts"
import { connectionError } from "./error.ts"
import { type Status, statusOf, type Told } from "./origin.ts"

type End = Effect.Effect<Reply, NoAnswer>

/** What a call needs besides its message. */
export interface CallContext {
  readonly channels: Channels
  readonly refusalOf: (status: Status) => Refusal
}

/** It takes its timer with it, and its channel where there was no answer. */
export class GrpcCall implements Attempt {
  private channel: Channel | undefined
  private call: ClientUnaryCall | undefined
  private timer: NodeJS.Timeout | undefined
  private isOver = false
  private begun: Metadata | undefined
  private readonly context: CallContext
  private readonly body: Body
  private readonly done: (end: End) => void

  constructor(context: CallContext, body: Body, done: (end: End) => void) {
    this.context = context
    this.body = body
    this.done = done
  }

  begin(limitMs: number): void {
    const { channel } = this.context.channels
    const late = () => this.fail(new Error(`no answer within ${limitMs} ms`), true)
    const deadline = processClock.unsafeCurrentTimeMillis() + limitMs
    this.channel = channel
    this.call = channel.call({ bytes: this.body.bytes, deadline }, (error, response) => {
      if (error === null) {
        this.answered({ type: "acknowledged", rejection: (sent) => rejectionIn(response ?? nothing, sent) })
      } else {
        this.told(error, late)
      }
    })
    this.call.once("metadata", (metadata: Metadata) => {
      this.begun = metadata
    })
    this.timer = afterReading(limitMs, late)
  }

  giveUp(why: string): void {
    this.fail(new Error(why), false)
  }

  private told(error: Told, late: () => void): void {
    const status = statusOf(error, this.begun)
    if (status !== undefined) {
      this.answered(this.context.refusalOf(status))
    } else if (error.code === deadlineExceeded) {
      late()
    } else {
      this.fail(connectionError(error, this.channel?.sockets.failures ?? []), false)
    }
  }

  private answered(reply: Reply): void {
    if (this.channel !== undefined) {
      this.channel.hasAnswered = true
    }
    this.end(Effect.succeed(reply))
  }

  private fail(error: Error, isLate: boolean): void {
    const { call, channel, isOver } = this
    const isStarted = channel?.hasStarted === true
    // One that was closed while it was idle has said nothing.
    const isReused = isStarted && channel.hasAnswered && this.begun === undefined
    this.end(new NoAnswer({ error, fate: isStarted ? "unknown" : "unsent", isReused, isLate }))
    call?.cancel()
    if (channel !== undefined && !isOver) {
      this.context.channels.discard(channel)
    }
  }

  private end(end: End): void {
    if (!this.isOver) {
      this.isOver = true
      clearTimeout(this.timer)
      this.done(end)
    }
  }
}

const nothing = Buffer.alloc(0)

const deadlineExceeded = 4

/**
 * Reads the bytes of a request with a limit for their number, for the time they take, and for those of all requests at
 * once. A body that is too long is read on for as many bytes again, as a sender that still writes would not see the
 * answer, and is cut then.
 */
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type { IncomingMessage } from "node:http"
import { RequestRejected } from "./request-rejected.ts"

export interface BodyLimits {
  /** The most bytes of a body, before and after gzip. */
  readonly limit: number
  /** The most time that a body may take to arrive. */
  readonly timeout: Duration.DurationInput
}

/** Reads bodies; what it holds of all of them is limited too. */
export interface BodyReader {
  /** Reads a body, and hands it to `use` when it is its turn. */
  readonly read: <A>(
    incoming: IncomingMessage,
    use: (body: Uint8Array) => Effect.Effect<A, RequestRejected>
  ) => Effect.Effect<A, RequestRejected>
}

/** Bodies that are inflated and decoded at once: each may need several times its size. */
const concurrency = 2

/** How many bodies of the largest size may arrive at once. */
const arriving = 8

export const makeBodyReader = ({ limit, timeout }: BodyLimits): BodyReader => {
  const turns = Effect.unsafeMakeSemaphore(concurrency)
  const room: Room = { left: limit * arriving }
  return {
    read: (incoming, use) =>
      Effect.acquireUseRelease(
        Effect.sync(() => new Arrival(incoming, limit, room)),
        (arrival) =>
          arrival.whole.pipe(
            Effect.timeoutFail({
              duration: timeout,
              onTimeout: () =>
                new RequestRejected({
                  status: 408,
                  message: `the body did not arrive within ${Duration.toSeconds(timeout)} seconds`
                })
            }),
            Effect.flatMap((body) => turns.withPermits(1)(use(body)))
          ),
        (arrival) => Effect.sync(() => arrival.end())
      ).pipe(Effect.interruptible)
  }
}

/** The answer to a body that is too long. */
export const tooLarge = (limit: number) =>
  new RequestRejected({ status: 413, message: `the body is longer than ${limit} bytes` })

/** One body on its way. */
class Arrival {
  private parts: Array<Buffer> = []
  private length = 0
  private held = 0
  private stopListening = (): void => undefined
  private readonly limit: number
  private readonly room: Room
  readonly whole: Effect.Effect<Uint8Array, RequestRejected>

  constructor(incoming: IncomingMessage, limit: number, room: Room) {
    this.limit = limit
    this.room = room
    this.whole = Effect.async((resume) => {
      const onData = (part: Buffer) => {
        const problem = this.take(part)
        if (problem !== null) {
          resume(problem)
        }
      }
      const onEnd = () => resume(this.length > limit ? tooLarge(limit) : Effect.sync(() => Buffer.concat(this.parts)))
      const onClose = () =>
        resume(new RequestRejected({ status: 400, message: "the body was cut off: the sender closed the connection" }))
      incoming.on("data", onData).on("end", onEnd).on("error", onClose).on("close", onClose)
      this.stopListening = () =>
        incoming.off("data", onData).off("end", onEnd).off("error", onClose).off("close", onClose)
    })
  }

  /** Lets go of the bytes, and of the connection. */
  end(): void {
    this.stopListening()
    this.forget()
  }

  private forget(): void {
    this.room.left += this.held
    this.held = 0
    this.parts = []
  }

  private take(part: Buffer): RequestRejected | null {
    this.length += part.length
    if (this.length > this.limit) {
      this.forget()
      return this.length > this.limit * 2 ? tooLarge(this.limit) : null
    }
    if (part.length > this.room.left) {
      return new RequestRejected({ status: 503, message: "too many requests are arriving at once" })
    }
    this.room.left -= part.length
    this.held += part.length
    this.parts.push(part)
    return null
  }
}

/** How many bytes more the bodies that are arriving may hold. */
interface Room {
  left: number
}

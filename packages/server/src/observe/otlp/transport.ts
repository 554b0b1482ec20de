/** How requests reach a receiver, and what its answers mean, whichever protocol is spoken. */
import type { Connection } from "./in-flight.ts"
import type { Rejection } from "./partial-success.ts"

/**
 * What is to be done about a request that was not acknowledged:
 *
 * - `content`: what is in it is refused, and other requests may be taken
 * - `size`: it is too large
 * - `all`: no request will be taken until something is changed
 * - `unavailable`: the next one may be taken
 */
export type Reason = "content" | "size" | "all" | "unavailable"

/** A request was answered, and not acknowledged. */
export interface Refusal {
  readonly type: "refused"
  readonly reason: Reason
  /** What the receiver says, safe to be logged. */
  readonly message: string
  /** It may have been taken all the same. */
  readonly isUnknown: boolean
  /** How long the receiver wants to be left alone, in milliseconds. */
  readonly pauseMs: number | undefined
  /** The receiver is there, and would take another request. */
  readonly isThere: boolean
}

/** A request was acknowledged. */
export interface Acknowledgement {
  readonly type: "acknowledged"
  /** What was rejected of so many points. */
  readonly rejection: (sent: number) => Rejection
}

/** What an answer means. */
export type Reply = Acknowledgement | Refusal

/** A way to one receiver. */
export interface Transport extends Connection<Reply> {
  /** Why there was no answer, in words that say what to look at. */
  readonly explain: (error: Error) => string
}

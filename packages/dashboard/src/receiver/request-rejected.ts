/** A request that is answered with an error status. */
import * as Data from "effect/Data"

/** The request is answered with this status; `message` says why. */
export class RequestRejected extends Data.TaggedError("RequestRejected")<{
  readonly status: 400 | 403 | 404 | 405 | 408 | 413 | 415 | 503
  readonly message: string
}> {}

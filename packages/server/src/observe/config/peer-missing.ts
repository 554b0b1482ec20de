/** The error of an optional peer that is not there. */
import * as Data from "effect/Data"

/** An optional peer dependency that these settings need is not installed. */
export class TelemetryPeerMissing extends Data.TaggedError("TelemetryPeerMissing")<{
  readonly peer: string
  readonly neededFor: string
  readonly cause: unknown
}> {
  override get message(): string {
    return `${this.neededFor} needs the package ${this.peer}, which could not be loaded. Install it beside this library.`
  }
}

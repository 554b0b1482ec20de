/** The error of an optional peer that is not there. */
import * as Data from "effect/Data"

/** An optional peer dependency that these settings need is not installed, or is of a version that can't be used. */
export class TelemetryPeerMissing extends Data.TaggedError("TelemetryPeerMissing")<{
  readonly peer: string
  readonly neededFor: string
  /** All that is needed for it, with versions. */
  readonly packages: ReadonlyArray<string>
  /** What to do instead of installing it, if there is an alternative. */
  readonly instead?: string
  readonly cause: unknown
}> {
  /** The missing package, and the command that installs everything needed. */
  override get message(): string {
    const all = this.packages.join(" ")
    const instead = this.instead === undefined ? "" : `. ${this.instead}`
    return `${this.neededFor} needs the package ${this.peer}, which could not be loaded. Install all that it needs: npm install ${all}${instead}`
  }
}

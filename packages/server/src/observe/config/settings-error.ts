/** The errors of telemetry at start-up: each names what was given, what is allowed, and how to fix it. */
import * as Data from "effect/Data"

/**
 * A setting has a value that can't be used. Raised when the layer is built, before anything is exported. `setting` is
 * an `OTEL_*` variable or an option of `Telemetry.layer`; the value of one that may hold a secret is not shown.
 */
export class TelemetrySettingsError extends Data.TaggedError("TelemetrySettingsError")<{
  readonly setting: string
  readonly value: string
  readonly allowed: string
}> {
  override get message(): string {
    return `${this.setting} is ${this.value}; allowed: ${this.allowed}.`
  }
}

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

/** Everything that a receiver holds, as one value that the control endpoint sends as JSON. */
import * as Schema from "effect/Schema"
import { FailureModeSchema } from "./failure-mode.ts"
import { Series } from "./model.ts"
import { RequestRecord } from "./request-log.ts"
import { Violation } from "./violation.ts"

export const Snapshot = Schema.Struct({
  failureMode: FailureModeSchema,
  series: Schema.Array(Series),
  requests: Schema.Array(RequestRecord),
  violations: Schema.Array(Violation)
}).annotations({ identifier: "Snapshot" })
export type Snapshot = typeof Snapshot.Type

/** A snapshot as JSON text. */
export const SnapshotJson = Schema.parseJson(Snapshot)

/** A failure mode as JSON text. */
export const FailureModeJson = Schema.parseJson(FailureModeSchema)

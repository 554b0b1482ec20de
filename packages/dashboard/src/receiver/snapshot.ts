/** All that a receiver knows, as one value that the control endpoint sends as JSON. */
import * as Schema from "effect/Schema"
import { Fault } from "./violation.ts"
import { ModeSchema } from "./failure-mode.ts"
import { Series } from "./model.ts"
import { RequestRecord } from "./request-log.ts"

export const Snapshot = Schema.Struct({
  mode: ModeSchema,
  series: Schema.Array(Series),
  requests: Schema.Array(RequestRecord),
  faults: Schema.Array(Fault)
}).annotations({ identifier: "Snapshot" })
export type Snapshot = typeof Snapshot.Type

/** A snapshot as JSON text. */
export const SnapshotJson = Schema.parseJson(Snapshot)

/** A mode as JSON text. */
export const ModeJson = Schema.parseJson(ModeSchema)

/** A place that metrics go to: exported to at each interval and on request, and a last time at the end. */
import type * as Effect from "effect/Effect"
import type { Meter } from "../meter.ts"
import type { Collector } from "./collect.ts"
import type { ExportReport } from "./export.ts"
import type { ResourceAttributes } from "./options.ts"
import type { SelfMetrics } from "./self-metrics.ts"
import type { Registries } from "./service-collector.ts"
import type { Settings } from "./settings.ts"

/** One destination, with failures of its own. */
export interface Destination {
  /** What it exports to where; two of the same are one stream. It may hold secrets. */
  readonly stream: string
  /** For people: an address without credentials. */
  readonly name: string
  /** Exports everything now, after an export that is under way. */
  readonly export: Effect.Effect<ExportReport>
  /** Exports a last time, beside an export that is under way, ends within the deadline, and says so in one line. */
  readonly end: Effect.Effect<void>
}

/** What all destinations share. */
export interface DestinationContext {
  readonly settings: Settings
  readonly resource: ResourceAttributes
  readonly registries: Registries
  readonly meter: Meter
  readonly collector: Collector
  readonly selfMetrics: SelfMetrics
}

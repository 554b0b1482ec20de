/**
 * Who exports a registry. What two exporters send is there twice, so it is warned of, once: a layer and a producer of this
 * library, two producers, or one of these and the exporter of `@effect/opentelemetry`.
 */
import * as Effect from "effect/Effect"
import * as GlobalValue from "effect/GlobalValue"
import * as Metric from "effect/Metric"
import type * as MetricRegistry from "effect/MetricRegistry"
import * as Runtime from "effect/Runtime"
import * as Scope from "effect/Scope"
import { attempt } from "../catalogue/attempt.ts"
import type { AnyKey } from "../instrument/registry.ts"
import { withoutDefect } from "../instrument/sound-log.ts"
import type { MetricsService } from "../metrics.ts"
import { type Registries, registriesOf } from "./collector.ts"
import { InstrumentId } from "../instrument/instrument.ts"
import { placeProbe } from "./reader-probe.ts"

/** What exports: both are named in a warning as the program names them. */
type Kind = "Telemetry.layer" | "Telemetry.metricProducer"

interface Exporter {
  readonly kind: Kind
  readonly metrics: MetricsService
  readonly registries: ReadonlyArray<MetricRegistry.MetricRegistry>
  warn: (message: string) => void
  /** When it was read last, in the order of all reads; 0 before the first. */
  readAt: number
  /** How often it was read with another one of its kind read in between. */
  turns: number
}

/** What to export. */
export interface ExporterOptions {
  readonly kind: Kind
  readonly metrics: MetricsService
  readonly registries: Registries
}

/**
 * Notes an exporter from the first run of what is returned until the metrics end, whose last export comes then. Warnings
 * go to the loggers of who notes it: an exporter of others reads in no fiber.
 */
export const noteExporter = ({ kind, metrics, registries }: ExporterOptions): Effect.Effect<Effect.Effect<void>> =>
  Effect.map(Effect.runtime<never>(), (runtime) => {
    const warn = (message: string): void => {
      attempt(() => Runtime.runFork(runtime, withoutDefect(Effect.logWarning(message))))
    }
    const exporter: Exporter = {
      kind,
      metrics,
      registries: registriesOf(metrics.registry, registries),
      warn,
      readAt: 0,
      turns: 0
    }
    return Effect.suspend(() => {
      const isFirst = exporter.readAt === 0
      noteRead(exporter)
      if (!isFirst) {
        return Effect.void
      }
      const before = Array.from(noted.exporters).find((one) => isContinuedBy(one, exporter))
      if (before !== undefined) {
        before.warn = warn
        return Effect.void
      }
      begin(exporter)
      return Scope.addFinalizer(
        metrics.scope,
        Effect.sync(() => end(exporter))
      )
    })
  })

/** A layer that is built again over the same metrics goes on with the streams of the one before. */
const isContinuedBy = ({ kind, metrics, registries }: Exporter, next: Exporter): boolean =>
  kind === "Telemetry.layer" &&
  kind === next.kind &&
  metrics === next.metrics &&
  registries.length === next.registries.length

interface Noted {
  readonly exporters: Set<Exporter>
  reads: number
  removeProbe: (() => void) | undefined
}

const noted = GlobalValue.globalValue(Symbol.for("@parametric-portal/server/exporters"), (): Noted => ({
  exporters: new Set(),
  reads: 0,
  removeProbe: undefined
}))

const begin = (exporter: Exporter): void => {
  // Two layers are two programs, or one after the other: only what a reader has besides is a mistake.
  if (Array.from(noted.exporters).some((other) => other.kind !== exporter.kind && isShared(other, exporter))) {
    exporter.warn(layerAndProducer)
  }
  noted.exporters.add(exporter)
  if (isGlobal(exporter) && noted.removeProbe === undefined) {
    noted.removeProbe = placeProbe(seriesOf(exporter), warnOfReader)
  }
}

const isShared = (one: Exporter, other: Exporter): boolean =>
  one.registries.some((registry) => other.registries.includes(registry))

/**
 * Two producers that are read in turns, again and again, are both in use. One after the other are not, as where a provider
 * is built again, nor are they where the one before is read once more as it ends.
 */
const noteRead = (exporter: Exporter): void => {
  noted.reads += 1
  const others = Array.from(noted.exporters).filter(
    (other) => other !== exporter && other.kind === exporter.kind && isShared(other, exporter)
  )
  const isTurn = exporter.readAt > 0 && others.some(({ readAt }) => readAt > exporter.readAt)
  exporter.readAt = noted.reads
  exporter.turns += isTurn ? 1 : 0
  // Both take turns: the one that is read first says so.
  if (isTurn && exporter.turns === 2 && others.every(({ turns }) => turns < 2)) {
    exporter.warn(twoProducers)
  }
}

/** A series of ours that is there from the start of an exporter on, where it is in the registry that others read. */
const seriesOf = ({ metrics }: Exporter): AnyKey | undefined =>
  metrics.registry === Metric.globalMetricRegistry
    ? metrics.telemetry.pointsDropped[InstrumentId].all().next().value?.key
    : undefined

const end = (exporter: Exporter): void => {
  noted.exporters.delete(exporter)
  if (!Array.from(noted.exporters).some(isGlobal)) {
    takeProbe()
  }
}

const takeProbe = (): void => {
  noted.removeProbe?.()
  noted.removeProbe = undefined
}

const warnOfReader = (): void => {
  takeProbe()
  Array.from(noted.exporters)
    .filter(isGlobal)
    .forEach(({ kind, warn }) => warn(readerBeside(kind)))
}

const isGlobal = ({ registries }: Exporter): boolean => registries.includes(Metric.globalMetricRegistry)

const readerBeside = (kind: Kind): string =>
  `The metrics of Effect's global registry are exported twice: by ${kind}, and by @effect/opentelemetry. Remove ` +
  "metricReader of NodeSdk.layer, Metrics.layer or OtlpMetrics.layer, or keep our metrics in their own registry: " +
  `MetricsService.layer({ registry: "own" }), exported with registries: "own"`

const layerAndProducer =
  "Metrics are exported twice: by Telemetry.layer, and by a reader with a producer of Telemetry.metricProducer. Remove one " +
  "of the two; if the layer sends traces or logs, keep it with destinations: []"

const twoProducers =
  "Metrics are exported twice: two producers of Telemetry.metricProducer are read. Make one, and give it to each reader once"

/**
 * `MetricsService`: the namespaces of typed metric handles, and the combinators to pipe around effects. Sending them is left
 * to `observe/telemetry` and `observe/prometheus`.
 *
 * [Every metric](https://github.com/parametric-portal/parametric-portal/blob/main/docs/metrics.md)
 *
 * @module
 */
import * as Effect from "effect/Effect"
import { dual } from "effect/Function"
import * as Layer from "effect/Layer"
import * as Metric from "effect/Metric"
import * as MetricRegistry from "effect/MetricRegistry"
import type * as Scope from "effect/Scope"
import type * as Stream from "effect/Stream"
import { type Bindable, bindForGood, type BoundSeries } from "./instrument/bind.ts"
import { boundaries } from "./catalogue/boundaries.ts"
import { conventionBoundaries } from "./catalogue/convention.ts"
import type { Row, Rows } from "./catalogue/row.ts"
import { checkOptions, type DefineOptions } from "./instrument/define-options.ts"
import { checkLabels } from "./instrument/definition.ts"
import type { CatalogueHandles } from "./instrument/handles.ts"
import { defaultExemplars, defaultHistogram } from "./metrics/variables.ts"
import { catalogueHandles } from "./metrics/namespaces.ts"
import { type Gauge, type HandlesOf, InstrumentId } from "./instrument/instrument.ts"
import type { Pairs } from "./catalogue/label.ts"
import { handlesOf, type Meter, meterOf } from "./instrument/meter.ts"
import { observe, sample, type Sample, type SampleOptions } from "./instrument/sampler.ts"
import type { ClusterTracker, TrackClusterOptions } from "./track/track-cluster.ts"
import { trackersOf } from "./track/trackers.ts"
import { effectTracker, type ErrorMetric, recordError, type TrackEffectOptions } from "./track/track-effect.ts"
import { callerOf, programSite } from "./instrument/call-site.ts"
import { ambientOf, currentFiber } from "./instrument/fiber.ts"
import { noteInstance } from "./instrument/instances.ts"
import { add, type AnyMetric, record } from "./instrument/update.ts"
import type { JobTracker, TrackJobOptions } from "./track/track-job.ts"
import { type AnyCounter, countElements, logProgress, type StreamProgressOptions } from "./track/track-stream.ts"
import { watch } from "./track/watch.ts"
import type { DefinitionError } from "./instrument/definition-error.ts"
import { canonicalOf, label, type LabelInput } from "./instrument/label.ts"
import { errorTag } from "./catalogue/error-name.ts"

export { DefinitionError } from "./instrument/definition-error.ts"
export type * from "./metrics/signatures.ts"

/** How to build an instance of {@link MetricsService}. */
export interface MetricsOptions extends DefineOptions {
  /** Where the metrics live: Effect's global registry unless given; `"own"` makes a fresh one for this instance. */
  readonly registry?: MetricRegistry.MetricRegistry | "own" | undefined
}

/** What is marked as internal is for the layers of this library, and is left out of the published types. */
interface MetricsShape extends CatalogueHandles {
  /** The registry that holds the series. */
  readonly registry: MetricRegistry.MetricRegistry
  /**
   * The scope of the service, which closes after the finalizers of everything that was given the service: where the
   * last export belongs. @internal
   */
  readonly scope: Scope.Scope
  /** The instruments of that registry. @internal */
  readonly meter: Meter
  /** Metrics that had recorded in this registry before. @internal */
  readonly leftovers: ReadonlyArray<string>
  /** @internal */
  readonly options: DefineOptions
  /** @internal */
  readonly jobTracker: JobTracker
  /** @internal */
  readonly clusterTracker: ClusterTracker
}

/**
 * The metrics of a process: namespaces of handles (`metrics.jobs.enqueued`, `metrics.cluster.messageLatency`, …) that
 * are Effect `Metric`s, and, as statics, everything that records on them.
 */
export class MetricsService extends Effect.Service<MetricsService>()("server/Metrics", {
  scoped: Effect.orDie(Effect.suspend(() => build({}, "MetricsService.Default")))
}) {
  /**
   * An instance with own boundaries for each family, own limits of series, exponential histograms, own filters of exemplars, or an own
   * registry.
   * Fails with a {@link DefinitionError} when one of them is not sound, or conflicts with what the registry holds.
   */
  static readonly layer = (options: MetricsOptions = {}): Layer.Layer<MetricsService, DefinitionError> => {
    const made = `MetricsService.layer of ${callerOf(MetricsService.layer) ?? "an unknown place"}`
    return Layer.scoped(
      MetricsService,
      Effect.map(
        Effect.suspend(() => build(options, made)),
        (shape) => new MetricsService(shape)
      )
    )
  }

  /** The default bucket boundaries by family, in seconds (`attempts` counts). */
  static readonly boundaries = boundaries

  /** The boundaries that the conventions advise for HTTP and RPC: `layer({ boundaries: { http: conventionBoundaries } })`. */
  static readonly conventionBoundaries: ReadonlyArray<number> = conventionBoundaries

  /** A set of labels: undefined values dropped, the others cleaned. Applying it twice changes nothing. */
  static readonly label = label

  /** The short name of any error: `_tag`, else the constructor name of an `Error`, else `Unknown`. */
  static readonly errorTag = errorTag

  /**
   * Adds to a counter, with labels as a record or as a set made with `label`. A negative or non-finite amount is refused,
   * counted and warned of once.
   */
  static readonly inc = <Label extends string>(
    counter: AnyCounter<Label>,
    labels: LabelInput<NoInfer<Label>>,
    by = 1
  ): Effect.Effect<void> => Effect.sync(() => record(counter, by, { labels }))

  /** Adds to a gauge; `Metric.set` sets one. */
  static readonly gauge = <Label extends string>(
    gauge: Metric.Metric.Gauge<number> & AnyMetric<number> & { readonly labelNames?: ReadonlyArray<Label> },
    labels: LabelInput<NoInfer<Label>>,
    delta: number
  ): Effect.Effect<void> => Effect.sync(() => add(gauge, delta, labels))

  /**
   * Counts and times one operation on a job, whatever its outcome; the reference has the table. The effect keeps its
   * value, errors and interruption.
   */
  static readonly trackJob: {
    (options: TrackJobOptions): <A, E, R>(effect: Effect.Effect<A, E, R>) => Effect.Effect<A, E, R | MetricsService>
    <A, E, R>(effect: Effect.Effect<A, E, R>, options: TrackJobOptions): Effect.Effect<A, E, R | MetricsService>
  } = dual(
    2,
    <A, E, R>(effect: Effect.Effect<A, E, R>, options: TrackJobOptions): Effect.Effect<A, E, R | MetricsService> =>
      watch(effect, jobsTracked, options)
  )

  /** Counts and times one cluster operation, whatever its outcome; the reference has the table. */
  static readonly trackCluster: {
    (options: TrackClusterOptions): <A, E, R>(effect: Effect.Effect<A, E, R>) => Effect.Effect<A, E, R | MetricsService>
    <A, E, R>(effect: Effect.Effect<A, E, R>, options: TrackClusterOptions): Effect.Effect<A, E, R | MetricsService>
  } = dual(
    2,
    <A, E, R>(effect: Effect.Effect<A, E, R>, options: TrackClusterOptions): Effect.Effect<A, E, R | MetricsService> =>
      watch(effect, clusterTracked, options)
  )

  /**
   * Times any effect in each of its four outcomes, and counts its failures and defects by the error's tag. On others
   * than success the label `outcome` is added to the duration.
   */
  static readonly trackEffect: {
    <Label extends string, ErrorLabel extends string = Label>(
      options: TrackEffectOptions<Label, ErrorLabel>
    ): <A, E, R>(effect: Effect.Effect<A, E, R>) => Effect.Effect<A, E, R | MetricsService>
    <A, E, R, Label extends string, ErrorLabel extends string = Label>(
      effect: Effect.Effect<A, E, R>,
      options: TrackEffectOptions<Label, ErrorLabel>
    ): Effect.Effect<A, E, R | MetricsService>
  } = dual(
    2,
    <A, E, R>(effect: Effect.Effect<A, E, R>, options: TrackEffectOptions): Effect.Effect<A, E, R | MetricsService> =>
      watch(effect, effectsTracked, options)
  )

  /** Counts one error by its tag, in the label `reason` where the counter declares it, else in `type`. */
  static readonly trackError = <Label extends string>(
    errors: ErrorMetric<Label>,
    labels: LabelInput<NoInfer<Label>>,
    error: unknown
  ): Effect.Effect<void> =>
    Effect.sync(() => recordError(errors, error, { labels, ambient: ambientOf(currentFiber()) }))

  /** Counts the elements of a stream, a chunk at a time. */
  static readonly trackStream: {
    <Label extends string>(
      counter: AnyCounter<Label>,
      labels: LabelInput<NoInfer<Label>>
    ): <A, E, R>(stream: Stream.Stream<A, E, R>) => Stream.Stream<A, E, R>
    <A, E, R, Label extends string>(
      stream: Stream.Stream<A, E, R>,
      counter: AnyCounter<Label>,
      labels: LabelInput<NoInfer<Label>>
    ): Stream.Stream<A, E, R>
  } = dual(
    3,
    <A, E, R>(
      stream: Stream.Stream<A, E, R>,
      counter: AnyCounter<string>,
      labels: LabelInput
    ): Stream.Stream<A, E, R> => countElements(stream, (elements) => MetricsService.inc(counter, labels, elements))
  )

  /** Counts the elements of a stream, and logs a line each time their number passes a multiple of `logInterval`. */
  static readonly trackStreamProgress: {
    <Label extends string>(
      options: StreamProgressOptions<Label>
    ): <A, E, R>(stream: Stream.Stream<A, E, R>) => Stream.Stream<A, E, R>
    <A, E, R, Label extends string>(
      stream: Stream.Stream<A, E, R>,
      options: StreamProgressOptions<Label>
    ): Stream.Stream<A, E, R>
  } = dual(
    2,
    <A, E, R>(stream: Stream.Stream<A, E, R>, options: StreamProgressOptions<string>): Stream.Stream<A, E, R> =>
      logProgress(MetricsService.trackStream(stream, options.counter, options.labels ?? {}), options)
  )

  /**
   * Handles for your own metrics, with the same guarantees: label names in the types, units, limits, conflicts refused.
   * A counter whose labels are all closed sets is exported as 0 from here on.
   */
  static readonly define = <const Rs extends Rows>(
    rows: Rs
  ): Effect.Effect<HandlesOf<Rs>, DefinitionError, MetricsService> =>
    Effect.flatMap(MetricsService, ({ meter, options }) =>
      Effect.tap(handlesOf(meter, rows, options), () =>
        Effect.sync(() => Object.values(rows).forEach((row) => meter.zero(row)))
      )
    )

  /**
   * One series bound for recording in a hot path: nothing is resolved per call, and ambient labels are not looked at.
   * Fails with a {@link DefinitionError} when a label is not one that the metric declares.
   */
  static readonly series = <Label extends string>(
    handle: Bindable<Label>,
    labels: Pairs<NoInfer<Label>>
  ): Effect.Effect<BoundSeries, DefinitionError> =>
    Effect.map(checkLabels(handle.row, Object.keys(labels)), () => bindForGood(handle, labels))

  /**
   * Removes the series of a metric that have all of these labels, and frees their place under the limit: an entity
   * type, a queue or a runner that is gone. The number of series removed.
   */
  static readonly remove = <Label extends string>(
    handle: Bindable<Label>,
    labels: Pairs<NoInfer<Label>>
  ): Effect.Effect<number, never, MetricsService> =>
    Effect.map(MetricsService, ({ meter }) => {
      const gone = canonicalOf(labels, [])
      return meter.remove(handle[InstrumentId], (series) =>
        gone.every(({ key, value }) => series.some((found) => found.key === key && found.value === value))
      )
    })

  /** Samples a gauge from an effect until the scope closes; a failing source makes it absent, and is tried again. */
  static readonly sample = <Label extends string, E, R>(
    options: SampleOptions<Label, E, R>
  ): Effect.Effect<void, never, R | Scope.Scope | MetricsService> =>
    Effect.flatMap(MetricsService, ({ meter }) => sample(meter, options))

  /** Reads a gauge from a function whenever it is read or collected, until the scope closes. */
  static readonly observe = <Label extends string>(
    gauge: Gauge<Label>,
    read: (nowNanos: bigint) => Iterable<Sample<Label>>
  ): Effect.Effect<void, never, Scope.Scope | MetricsService> =>
    Effect.flatMap(MetricsService, ({ meter }) => observe(meter, gauge, read))

  /** Puts the closed label sets of counters at 0, so that a rate over them sees the first event. */
  static readonly zero = (handle: { readonly row: Row }): Effect.Effect<void, never, MetricsService> =>
    Effect.map(MetricsService, ({ meter }) => meter.zero(handle.row))
}

const jobsTracked = { tag: MetricsService, trackerOf: ({ jobTracker }: MetricsService) => jobTracker }
const clusterTracked = { tag: MetricsService, trackerOf: ({ clusterTracker }: MetricsService) => clusterTracker }
const effectsTracked = { tag: MetricsService, trackerOf: ({ meter }: MetricsService) => effectTracker(meter) }

const build = (
  { registry: given, ...asked }: MetricsOptions,
  made: string
): Effect.Effect<MetricsShape, DefinitionError, Scope.Scope> => {
  const site = `${made}, built at ${programSite() ?? "a place that is not on the stack"}`
  return Effect.gen(function* () {
    const scope = yield* Effect.scope
    yield* checkOptions(asked)
    // As every variable, it is checked also where an option overrides it.
    const named = { histograms: yield* defaultHistogram, exemplars: yield* defaultExemplars }
    const options = {
      ...asked,
      histograms: { ...asked.histograms, default: asked.histograms?.default ?? named.histograms },
      exemplars: { ...asked.exemplars, default: asked.exemplars?.default ?? named.exemplars }
    }
    const registry = given === "own" ? MetricRegistry.make() : (given ?? Metric.globalMetricRegistry)
    const meter = meterOf(registry)
    const handles = yield* catalogueHandles(meter, options)
    // A registry that was made for this layer is apart on purpose.
    yield* noteInstance({ meter, site, isApart: registry === given })
    return { ...handles, registry, scope, meter, leftovers: meter.recorded(), options, ...trackersOf(meter, handles) }
  })
}

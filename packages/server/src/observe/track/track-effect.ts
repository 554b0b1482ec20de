/** Watching any effect with any duration metric and any error metric, Effect's own included. */
import * as Duration from "effect/Duration"
import * as HashSet from "effect/HashSet"
import type * as Metric from "effect/Metric"
import * as MetricKeyType from "effect/MetricKeyType"
import * as MetricLabel from "effect/MetricLabel"
import { detached } from "../catalogue/clean-text.ts"
import { errorTag } from "../catalogue/error-name.ts"
import type { Outcome } from "../catalogue/outcome.ts"
import { clean } from "../catalogue/label.ts"
import { type Ambient, type LabelInput, namesOf, only } from "../instrument/label.ts"
import type { Meter } from "../instrument/meter.ts"
import { type AnyMetric, record } from "../instrument/update.ts"
import type { Start, Tracker } from "./watch.ts"

/** A metric whose label names the type checker knows where it is one of ours; nobody declares those of Effect's. */
export interface Labelled<Label extends string> {
  /** The names of the labels that it takes; all where it says none. */
  readonly labelNames?: ReadonlyArray<Label>
}

/** Any metric that takes durations: one of ours, or one of Effect's timers. */
export type DurationMetric<Label extends string = string> = AnyMetric<Duration.Duration> & Labelled<Label>

/** Any counter of numbers: one of ours, or one of Effect's. */
export type ErrorCounter<Label extends string = string> = AnyMetric<number> & Labelled<Label>

/** What counts errors: a counter, which gets the error's tag as a label, or a frequency, of whose words it is one. */
export type ErrorMetric<Label extends string = string> =
  | ErrorCounter<Label>
  | (Metric.Metric.Frequency<string> & Labelled<Label>)

/** What to measure around an effect. */
export interface TrackEffectOptions<Label extends string = string, ErrorLabel extends string = Label> {
  /** Every outcome is timed; on others than success the label `outcome` says which. */
  readonly duration: DurationMetric<Label>
  /**
   * Counts failures and defects, labelled with the error's tag: in `reason` where the counter declares it, as the job
   * metrics do, else in `type`. Nothing is counted without it.
   */
  readonly errors?: ErrorMetric<ErrorLabel> | undefined
  /**
   * Labels of both metrics; each takes the labels that its row declares. A label that neither declares does not compile.
   * At run time it is left out, and counted in `telemetry_labels_dropped_total`.
   */
  readonly labels?: LabelInput<NoInfer<Label | ErrorLabel>> | undefined
}

/** The tracker of `trackEffect`: it keeps nothing, as the metrics come with each effect. */
export const effectTracker = (meter: Meter): Tracker<TrackEffectOptions> => ({
  site: "trackEffect",
  meter,
  begin: (options) => ({ ended: (outcome, seconds, start) => recordEnd(options, { outcome, seconds, start }) })
})

const recordEnd = (
  { duration, errors, labels = {} }: TrackEffectOptions,
  { outcome, seconds, start }: { readonly outcome: Outcome; readonly seconds: number; readonly start: Start }
): void => {
  const { ambient } = start
  const shared = errors === undefined ? labels : sharedWith(duration, errors, labels)
  const added = outcome._tag === "success" ? undefined : "outcome"
  const timed = added === undefined ? shared : withLabel(shared, added, outcome._tag)
  record(duration, Duration.seconds(seconds), { labels: timed, ambient, added, at: start })
  if (errors !== undefined && (outcome._tag === "failure" || outcome._tag === "defect")) {
    const error = outcome._tag === "failure" ? outcome.error : outcome.defect
    recordError(errors, error, { labels: declaredBy(errors, labels), ambient })
  }
}

/** Without the labels that only the other metric declares: what neither declares is left out, and counted, by this one. */
const sharedWith = (metric: Labelled<string>, other: Labelled<string>, labels: LabelInput): LabelInput =>
  without(labels, (name) => !declares(metric, name) && other.labelNames?.includes(name) === true)

const declaredBy = (metric: Labelled<string>, labels: LabelInput): LabelInput =>
  without(labels, (name) => !declares(metric, name))

const declares = ({ labelNames }: Labelled<string>, name: string): boolean =>
  labelNames === undefined || labelNames.includes(name)

const without = (labels: LabelInput, isGone: (name: string) => boolean): LabelInput =>
  namesOf(labels).some(isGone) ? only(labels, (name) => !isGone(name)) : labels

/** Counts one error by its tag. */
export const recordError = (
  errors: ErrorMetric,
  error: unknown,
  { ambient, labels }: { readonly labels: LabelInput; readonly ambient: Ambient }
): void => {
  const tag = errorTag(error)
  if (isFrequency(errors)) {
    record(errors, detached(tag), { labels, ambient })
  } else {
    const added = errorLabel(errors)
    record(errors, 1, { labels: withLabel(labels, added, tag), ambient, added })
  }
}

const isFrequency = (errors: ErrorMetric): errors is Metric.Metric.Frequency<string> =>
  "keyType" in errors && MetricKeyType.isFrequencyKey(errors.keyType)

const errorLabel = (errors: ErrorCounter): string =>
  errors.labelNames?.includes("reason") === true ? "reason" : "type"

const withLabel = (labels: LabelInput, key: string, value: string): LabelInput =>
  HashSet.isHashSet(labels)
    ? HashSet.add(
        HashSet.filter(labels, (label) => label.key !== key),
        MetricLabel.make(key, clean(value))
      )
    : { ...labels, [key]: value }

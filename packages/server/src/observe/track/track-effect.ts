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
import type { Declared } from "../instrument/instrument.ts"
import type { Ambient, LabelInput } from "../instrument/label.ts"
import type { Meter } from "../instrument/meter.ts"
import { type AnyMetric, record } from "../instrument/update.ts"
import type { Start, Tracker } from "./watch.ts"

/** Any metric that takes durations: one of ours, or one of Effect's timers. */
export type DurationMetric = AnyMetric<Duration.Duration>

/** Any counter of numbers: one of ours, or one of Effect's. */
export type ErrorCounter = AnyMetric<number> & Partial<Pick<Declared<string>, "labelNames">>

/** What counts errors: a counter, which gets the error's tag as a label, or a frequency, of whose words it is one. */
export type ErrorMetric = ErrorCounter | Metric.Metric.Frequency<string>

/** What to measure around an effect. */
export interface TrackEffectOptions {
  /** Every outcome is timed; on others than success the label `outcome` says which. */
  readonly duration: DurationMetric
  /**
   * Counts failures and defects, labelled with the error's tag: in `reason` where the counter declares it, as the job
   * metrics do, else in `type`. Nothing is counted without it.
   */
  readonly errors?: ErrorMetric | undefined
  readonly labels?: LabelInput | undefined
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
  const timed = outcome._tag === "success" ? labels : withLabel(labels, "outcome", outcome._tag)
  record(duration, Duration.seconds(seconds), { labels: timed, ambient })
  if (errors !== undefined && (outcome._tag === "failure" || outcome._tag === "defect")) {
    recordError(errors, outcome._tag === "failure" ? outcome.error : outcome.defect, { labels, ambient })
  }
}

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
    record(errors, 1, { labels: withLabel(labels, errorLabel(errors), tag), ambient })
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

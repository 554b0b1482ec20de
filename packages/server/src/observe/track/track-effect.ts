/** Watching any effect with any duration metric and any error counter, Effect's own included. */
import * as Duration from "effect/Duration"
import * as HashSet from "effect/HashSet"
import type * as Metric from "effect/Metric"
import * as MetricLabel from "effect/MetricLabel"
import type { Declared } from "../instrument/instrument.ts"
import { type Canonical, canonical, clean, type Labels } from "../catalogue/label.ts"
import type { Meter } from "../instrument/meter.ts"
import { errorTag } from "../catalogue/outcome.ts"
import type { Begin, End, Tracker } from "./watch.ts"

/** Any metric that takes durations: one of ours, or one of Effect's timers. */
export type DurationMetric = Pick<Metric.Metric<unknown, Duration.Duration, unknown>, "unsafeUpdate">

/** Any counter of numbers: one of ours, or one of Effect's. */
export type ErrorCounter = Pick<Metric.Metric<unknown, number, unknown>, "unsafeUpdate"> &
  Partial<Pick<Declared<string>, "labelNames">>

/** What to measure around an effect. */
export interface TrackEffectOptions {
  /** Every outcome is timed; on others than success the label `outcome` says which. */
  readonly duration: DurationMetric
  /** Counts failures and defects, labelled with the error's tag; see `errorLabel`. */
  readonly errors: ErrorCounter
  readonly labels: Labels
}

/** The tracker of `trackEffect`: it keeps nothing, as the metrics come with each effect. */
export const effectTracker = (meter: Meter): Tracker<TrackEffectOptions> => ({ site: "trackEffect", meter, track })

const track = ({ duration, errors, labels }: TrackEffectOptions, { ambient }: Begin): End => {
  return (outcome, seconds) => {
    const timed = outcome._tag === "success" ? labels : withLabel(labels, "outcome", outcome._tag)
    duration.unsafeUpdate(Duration.seconds(seconds), tagsOf(timed, ambient))
    if (outcome._tag === "failure") {
      errors.unsafeUpdate(1, errorTags(errors, { labels, error: outcome.error, ambient }))
    } else if (outcome._tag === "defect") {
      errors.unsafeUpdate(1, errorTags(errors, { labels, error: outcome.defect, ambient }))
    }
  }
}

/** The labels of one error in a counter, as Effect hands labels to a metric. */
export const errorTags = (
  errors: ErrorCounter,
  {
    ambient,
    error,
    labels
  }: {
    readonly labels: Labels
    readonly error: unknown
    readonly ambient: ReadonlyArray<MetricLabel.MetricLabel>
  }
): Canonical => tagsOf(withLabel(labels, errorLabel(errors), errorTag(error)), ambient)

/** Labels in canonical form, under ambient ones; a set that is used again is resolved once. */
export const tagsOf = (labels: Labels, ambient: ReadonlyArray<MetricLabel.MetricLabel>): Canonical => {
  const known = ambient.length === 0 ? resolved.get(labels) : undefined
  if (known !== undefined) {
    return known
  }
  const tags = canonical(labels, ambient)
  if (ambient.length === 0) {
    resolved.set(labels, tags)
  }
  return tags
}

const resolved = new WeakMap<Labels, Canonical>()

/** The label that names an error: `reason` where the counter declares it, as the job metrics do, else `type`. */
const errorLabel = (errors: ErrorCounter): string =>
  errors.labelNames?.includes("reason") === true ? "reason" : "type"

const withLabel = (labels: Labels, key: string, value: string): Labels =>
  HashSet.add(
    HashSet.filter(labels, (label) => label.key !== key),
    MetricLabel.make(key, clean(value))
  )

/** What an effect moved, and whether it is what was expected. */
import * as Data from "effect/Data"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type * as MetricRegistry from "effect/MetricRegistry"
import { InstrumentId } from "../instrument/instrument.ts"
import { MetricsService } from "../metrics.ts"
import {
  type Change,
  type ChangeOf,
  expectedText,
  type Measured,
  type Moved,
  movedBy,
  movedText,
  problemOf
} from "./change.ts"
import {
  type Handle,
  type LabelOf,
  type Selected,
  selectedNames,
  selectedNow,
  selectionText,
  type Selector
} from "./selection.ts"
import { type Snapshot, snapshot } from "./snapshot.ts"

/** The change of each series, by its text. Series that did not change are left out. */
export type Delta = Readonly<Record<string, Moved>>

/** A handle, which of its series to select, and their expected change in total. */
export type Expectation<H extends Handle = Handle> = readonly [
  handle: H,
  labels: Selector<LabelOf<H>>,
  change: ChangeOf<H>
]

/** How to compare. */
export interface ExpectDeltaOptions {
  /** Whether changes of other series fail the test; `false` unless said otherwise. */
  readonly nothingElse?: boolean | undefined
  /** How far sums and values in seconds may differ from the expected ones; 1 microsecond unless said otherwise. */
  readonly tolerance?: Duration.DurationInput | undefined
}

/** A selection that did not change as expected. */
export interface DeltaProblem {
  /** The selected series, as text. */
  readonly series: string
  /** The expected change, in words. */
  readonly expected: string
  /** The actual change, in words. */
  readonly actual: string
  /** The selected series that changed or, if none did, other series of the metric that changed. */
  readonly moved: Delta
}

/** Metrics did not change as expected. `others` has the changes of series that were not selected. */
export class UnexpectedDelta extends Data.TaggedError("UnexpectedDelta")<{
  readonly problems: ReadonlyArray<DeltaProblem>
  readonly others: Delta
  readonly nothingElse: boolean
}> {
  /** The expected and the actual changes. */
  override get message(): string {
    const lines = this.problems.flatMap(({ actual, expected, moved, series }) => [
      `${series}: expected ${expected}, but ${actual}`,
      ...listed(moved).map((line) => `  ${line}`)
    ])
    const others = listed(this.others)
    const head = this.nothingElse ? "moved, but nothing else may:" : "also moved:"
    return [...lines, ...(others.length === 0 ? [] : [head, ...others.map((line) => `  ${line}`)])].join("\n")
  }
}

/** The changes between two snapshots. */
export const diff = (before: Snapshot, after: Snapshot): Delta => {
  const moved: Record<string, Moved> = {}
  for (const text of new Set([...Object.keys(before), ...Object.keys(after)])) {
    const change = movedBy(before[text], after[text])
    if (change !== undefined) {
      moved[text] = change
    }
  }
  return moved
}

/** The changes that an effect makes, to look at. Ignores the outcome of the effect; {@link expectDelta} keeps it. */
export const deltaOf = <A, E, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<Delta, never, R | MetricsService> =>
  Effect.gen(function* () {
    const before = yield* snapshot
    yield* Effect.exit(effect)
    return diff(before, yield* snapshot)
  })

/**
 * Runs an effect, and fails with {@link UnexpectedDelta} unless it changes the selected series by these amounts; the
 * series of one selection are added up. The effect keeps its value, failure, defect and interruption. If it does not
 * succeed, nothing is compared: pass `Effect.exit(effect)` to measure a failure.
 */
export const expectDelta = <A, E, R, const Hs extends ReadonlyArray<Handle>>(
  effect: Effect.Effect<A, E, R>,
  expected: { readonly [K in keyof Hs]: Expectation<Hs[K]> },
  { nothingElse = false, tolerance = "1 micros" }: ExpectDeltaOptions = {}
): Effect.Effect<A, E | UnexpectedDelta, R | MetricsService> =>
  Effect.gen(function* () {
    const { registry } = yield* MetricsService
    const selections = expected.map(([handle, labels, change]): Selection => ({ handle, labels, change }))
    const before = yield* observed(selections)
    const value = yield* effect
    const after = yield* observed(selections)
    const moved = diff(before.all, after.all)
    const problems = selections.flatMap((selection, index) => {
      const [was, is] = [before.selected[index], after.selected[index]]
      return was === undefined || is === undefined
        ? []
        : problemsOf(selection, { was, is, moved, registry, tolerance: Duration.toSeconds(tolerance) })
    })
    const known = new Set([...before.selected, ...after.selected].flatMap(({ values }) => Array.from(values.keys())))
    const others = Object.fromEntries(Object.entries(moved).filter(([series]) => !known.has(series)))
    return problems.length > 0 || (nothingElse && Object.keys(others).length > 0)
      ? yield* new UnexpectedDelta({ problems, others, nothingElse })
      : value
  })

interface Selection {
  readonly handle: Handle
  readonly labels: Selector
  readonly change: Change
}

interface Observed {
  readonly all: Snapshot
  readonly selected: ReadonlyArray<Selected>
}

const observed = (selections: ReadonlyArray<Selection>): Effect.Effect<Observed, never, MetricsService> =>
  Effect.all({ all: snapshot, selected: Effect.forEach(selections, (one) => selectedNow(one.handle, one.labels)) })

interface Found {
  readonly was: Selected
  readonly is: Selected
  readonly moved: Delta
  readonly registry: MetricRegistry.MetricRegistry
  readonly tolerance: number
}

const problemsOf = (
  { change, handle, labels }: Selection,
  { is, moved, registry, tolerance, was }: Found
): ReadonlyArray<DeltaProblem> => {
  const { row } = handle
  const measured: Measured = {
    before: was.sum,
    after: is.sum,
    each: Array.from(is.values.values()),
    tolerance: row.unit === "s" ? tolerance : 0
  }
  const actual = problemOf(change, measured)
  if (actual === undefined) {
    return []
  }
  const among = (isMeant: (series: string) => boolean): Delta =>
    Object.fromEntries(Object.entries(moved).filter(([series]) => isMeant(series)))
  const own = among((series) => was.values.has(series) || is.values.has(series))
  const names = [row.name, `${row.name}{`]
  const alike = among((series) => series === names[0] || series.startsWith(names[1] ?? ""))
  return [
    {
      series: selectionText(handle, labels),
      expected: expectedText(change),
      actual: [actual, ...hints({ handle, labels }, registry)].join("; "),
      moved: Object.keys(own).length > 0 ? own : alike
    }
  ]
}

/** Why nothing can have been found, where the handle or the labels tell. */
const hints = (
  { handle, labels }: Pick<Selection, "handle" | "labels">,
  registry: MetricRegistry.MetricRegistry
): ReadonlyArray<string> => {
  const instrument = handle[InstrumentId]
  const known = new Set([
    ...handle.labelNames,
    ...Array.from(instrument.all()).flatMap((series) => series.labels.map(({ key }) => key))
  ])
  const unknown = selectedNames(labels).filter((name) => !known.has(name))
  const declared = handle.labelNames.length === 0 ? "none" : handle.labelNames.join(", ")
  return [
    ...(unknown.length === 0 ? [] : [`it has no label ${unknown.join(", ")}: its labels are ${declared}`]),
    ...(instrument.keeper.registry === registry ? [] : [otherRegistry])
  ]
}

const otherRegistry = "its handle belongs to another registry than the MetricsService of this test"

/** What moved, a line each, of so many series that a test's output can be read. */
const listed = (delta: Delta): ReadonlyArray<string> => {
  const all = Object.entries(delta)
  const lines = all.slice(0, maxListed).map(([series, moved]) => `${series}: ${movedText(moved)}`)
  return all.length > maxListed ? [...lines, `and ${all.length - maxListed} more`] : lines
}

const maxListed = 20

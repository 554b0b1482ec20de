/** What an effect moved. */
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import * as Equal from "effect/Equal"
import type { MetricsService } from "../metrics.ts"
import { type Snapshot, snapshot } from "./snapshot.ts"
import type { HistogramValue, Value } from "./value.ts"

/** How much each series moved; of a histogram, how many values and their sum. Series that did not move are left out. */
export type Delta = Readonly<Record<string, number | { readonly count: number; readonly sum: number }>>

/** The series that moved are not the expected ones. */
export class UnexpectedDelta extends Data.TaggedError("UnexpectedDelta")<{
  readonly expected: Delta
  readonly actual: Delta
}> {
  override get message(): string {
    return `expected ${JSON.stringify(this.expected, null, 2)}\nbut moved ${JSON.stringify(this.actual, null, 2)}`
  }
}

/** What moved between two snapshots. */
export const diff = (before: Snapshot, after: Snapshot): Delta => {
  const moved: Record<string, Delta[string]> = {}
  for (const text of new Set([...Object.keys(before), ...Object.keys(after)])) {
    const change = changeOf(before[text], after[text])
    if (change !== undefined) {
      moved[text] = change
    }
  }
  return moved
}

/** What an effect moved, whatever its outcome. */
export const deltaOf = <A, E, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<Delta, never, R | MetricsService> =>
  Effect.gen(function* () {
    const before = yield* snapshot
    yield* Effect.exit(effect)
    return diff(before, yield* snapshot)
  })

/** Fails unless the effect moves exactly these series by these amounts. */
export const expectDelta = <A, E, R>(
  effect: Effect.Effect<A, E, R>,
  expected: Delta
): Effect.Effect<void, UnexpectedDelta, R | MetricsService> =>
  Effect.flatMap(deltaOf(effect), (actual) =>
    Equal.equals(comparable(actual), comparable(expected))
      ? Effect.void
      : Effect.fail(new UnexpectedDelta({ expected, actual }))
  )

const changeOf = (before: Value | undefined, after: Value | undefined): Delta[string] | undefined => {
  if (typeof before === "object" || typeof after === "object") {
    const [was, is] = [asHistogram(before), asHistogram(after)]
    return was.count === is.count ? undefined : { count: is.count - was.count, sum: is.sum - was.sum }
  }
  const change = (after ?? 0) - (before ?? 0)
  return change === 0 ? undefined : change
}

const asHistogram = (value: Value | undefined): Pick<HistogramValue, "count" | "sum"> =>
  typeof value === "object" ? value : { count: 0, sum: 0 }

const comparable = (delta: Delta): unknown =>
  Data.struct(
    Object.fromEntries(
      Object.entries(delta).map(([text, change]) => [text, typeof change === "object" ? Data.struct(change) : change])
    )
  )

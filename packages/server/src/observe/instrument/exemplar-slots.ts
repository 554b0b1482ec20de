/** Where a histogram keeps its exemplars: of each bucket the last one. */
import * as Predicate from "effect/Predicate"
import type * as Tracer from "effect/Tracer"
import { attempted } from "../catalogue/attempt.ts"
import { detached } from "../catalogue/clean-text.ts"
import type { Exemplar, ExemplarFilter, Exemplars } from "../catalogue/exemplar.ts"
import { hasSoundIds } from "../catalogue/span-ids.ts"
import { clockOf, currentFiber } from "./fiber.ts"
import { type Moment, spanOf } from "./moment.ts"
import { nowMillisOf } from "./sound-clock.ts"

/** The slots of one series. They take no memory until there is something to keep. */
export class ExemplarSlots {
  readonly isAlways: boolean
  readonly failed: (thrown: unknown) => undefined
  private readonly size: number
  private slots: Slots | undefined = undefined

  constructor(filter: Exclude<ExemplarFilter, "always_off">, size: number, failed: (thrown: unknown) => undefined) {
    this.isAlways = filter === "always_on"
    this.size = size
    this.failed = failed
  }

  /** Keeps a value of a bucket if the filter wants it: recorded at a moment, or here and now. Never throws. */
  offer(index: number, value: number, at: Moment | undefined): void {
    const kept = wanted(this, at)
    if (kept !== undefined) {
      const slots = (this.slots ??= emptySlots(this.size))
      slots.values[index] = value
      slots.times[index] = kept.timeMs
      slots.traceIds[index] = kept.traceId
      slots.spanIds[index] = kept.spanId
      slots.read[index] = undefined
    }
  }

  /** What it holds now: a copy. There is none while it is empty. */
  state(): Exemplars | undefined {
    const { slots } = this
    return slots === undefined
      ? undefined
      : slots.values.map((_, index) => (slots.read[index] ??= settled(slots, index)))
  }
}

/** Of a span nothing else is kept: its parents and all that it says would live as long. */
interface Kept {
  readonly timeMs: number
  readonly traceId: string | undefined
  readonly spanId: string | undefined
}

// A tracer and a clock may be anybody's. It is made once, so that a call makes no closure to be guarded.
const wanted = attempted(
  ({ isAlways }: ExemplarSlots, at: Moment | undefined): Kept | undefined => {
    const fiber = at === undefined ? currentFiber() : undefined
    const span = at === undefined ? spanOf(fiber) : at.span
    if (span === undefined ? !isAlways : !(isAlways || span.sampled)) {
      return undefined
    }
    const timeMs = at === undefined ? nowMillisOf(clockOf(fiber)) : at.nowMillis()
    return span === undefined ? { timeMs, traceId: undefined, spanId: undefined } : named(span, timeMs)
  },
  ({ failed }, thrown) => failed(thrown)
)

// What is no id by its length takes no slot: it could be of any length, or no text at all. Its digits are looked at where
// it is read, which is done less often.
const named = ({ spanId, traceId }: Tracer.AnySpan, timeMs: number): Kept | undefined =>
  Predicate.isString(traceId) && traceId.length === 32 && Predicate.isString(spanId) && spanId.length === 16
    ? { timeMs, traceId, spanId }
    : undefined

interface Slots {
  /** NaN where there is none. */
  readonly values: Array<number>
  readonly times: Array<number>
  readonly traceIds: Array<string | undefined>
  readonly spanIds: Array<string | undefined>
  /** Those of what has been read since it was kept. */
  readonly read: Array<Exemplar | undefined>
}

const emptySlots = (size: number): Slots => ({
  values: Array.from({ length: size }, () => Number.NaN),
  times: Array.from({ length: size }, () => Number.NaN),
  traceIds: Array.from({ length: size }, () => undefined),
  spanIds: Array.from({ length: size }, () => undefined),
  read: Array.from({ length: size }, () => undefined)
})

// Ids may be parts of a long text, such as a message that they came with. They are copied where they are read: copying
// those of each value would cost more than all else that keeps it.
const settled = (slots: Slots, index: number): Exemplar | undefined => {
  const exemplar = exemplarOf(slots, index)
  slots.values[index] = exemplar?.value ?? Number.NaN
  slots.traceIds[index] = exemplar?.span?.traceId
  slots.spanIds[index] = exemplar?.span?.spanId
  return exemplar
}

const exemplarOf = ({ spanIds, times, traceIds, values }: Slots, index: number): Exemplar | undefined => {
  const value = values[index] ?? Number.NaN
  const timeMs = times[index] ?? Number.NaN
  const [traceId, spanId] = [traceIds[index], spanIds[index]]
  if (!Number.isFinite(value) || !(timeMs >= 0 && timeMs < endOfTime)) {
    return undefined
  }
  if (traceId === undefined || spanId === undefined) {
    return { value, timeMs }
  }
  // A tracer may name its spans as it likes. To receivers such a name is an error.
  const span = { traceId: detached(traceId.toLowerCase()), spanId: detached(spanId.toLowerCase()) }
  return hasSoundIds(span) ? { value, timeMs, span } : undefined
}

/** The first millisecond that is none of OTLP's times, which are nanoseconds of the epoch in 64 bits. */
const endOfTime = 2 ** 64 / 1e6

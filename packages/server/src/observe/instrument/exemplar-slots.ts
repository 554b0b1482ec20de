/** Where a histogram keeps its exemplars: of each bucket the last one. */
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
  private slots: ReadonlyArray<Slot> | undefined = undefined

  constructor(filter: Exclude<ExemplarFilter, "always_off">, size: number, failed: (thrown: unknown) => undefined) {
    this.isAlways = filter === "always_on"
    this.size = size
    this.failed = failed
  }

  /** Keeps a value of a bucket if the filter wants it: recorded at a moment, or here and now. Never throws. */
  offer(index: number, value: number, at: Moment | undefined): void {
    const fiber = at === undefined ? currentFiber() : undefined
    const span = at === undefined ? spanOf(fiber) : at.span
    if (span === undefined ? !this.isAlways : !readIds(this, span)) {
      return
    }
    const slot = (this.slots ??= Array.from({ length: this.size }, () => new Slot()))[index]
    if (slot !== undefined) {
      slot.value = value
      slot.timeMs = at === undefined ? nowMillisOf(clockOf(fiber)) : at.nowMillis()
      slot.traceId = span === undefined ? undefined : ids.traceId
      slot.spanId = span === undefined ? undefined : ids.spanId
      slot.read = undefined
    }
  }

  /** What it holds now: a copy. There is none while it is empty. */
  state(): Exemplars | undefined {
    return this.slots?.map((slot) => (slot.read ??= settled(slot)))
  }
}

/** Of a span nothing but its ids is kept: its parents and all that it says would live as long. */
class Slot {
  /** NaN where there is none. */
  value = Number.NaN
  timeMs = Number.NaN
  traceId: string | undefined = undefined
  spanId: string | undefined = undefined
  /** What it held when it was read, if it still does. */
  read: Exemplar | undefined = undefined
}

/** Those of the span that was looked at last: one pair for all series. */
const ids = { traceId: "", spanId: "" }

// A tracer may be anybody's. It is made once, so that a call makes no closure to be guarded. What is no id by its length
// takes no slot: it could be of any length, or no text at all. Its digits are looked at where it is read, which is done
// less often.
const readIds = attempted(
  (slots: ExemplarSlots, span: Tracer.AnySpan): boolean => {
    const { spanId, traceId } = span
    if (!(slots.isAlways || span.sampled) || !isOf(traceId, 32) || !isOf(spanId, 16)) {
      return false
    }
    ids.traceId = traceId
    ids.spanId = spanId
    return true
  },
  ({ failed }, thrown): boolean => failed(thrown) ?? false
)

const isOf = (id: unknown, length: number): boolean => typeof id === "string" && id.length === length

// Ids may be parts of a long text, such as a message that they came with. They are copied where they are read: copying
// those of each value would cost more than all else that keeps it.
const settled = (slot: Slot): Exemplar | undefined => {
  const exemplar = exemplarOf(slot)
  slot.value = exemplar?.value ?? Number.NaN
  slot.traceId = exemplar?.span?.traceId
  slot.spanId = exemplar?.span?.spanId
  return exemplar
}

const exemplarOf = ({ spanId, timeMs, traceId, value }: Slot): Exemplar | undefined => {
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

/**
 * Series as columns, an element for each by its id: ten thousand of them change each second without an object for each.
 * Rates come from the points' own times. The last five minutes are kept in slots of five seconds, for sparklines.
 */
import type { Series } from "../../protocol/live.ts"

/** The slots of a series. */
export const slots = 60

/** Milliseconds of a slot. */
export const slotMs = 5000

type Labels = Series["labels"]

export class SeriesColumns {
  size = 0
  labels: Array<Labels> = []
  metric = new Int32Array(0)
  process = new Int32Array(0)
  /** Whether the value only grows, so that it has a rate. */
  isCumulative = new Uint8Array(0)
  /** The time of the last point; NaN before the first. */
  time = new Float64Array(0)
  value = new Float64Array(0)
  sum = new Float64Array(0)
  /** The growth a second between the last two points; NaN where that is not known. */
  rate = new Float64Array(0)
  /** Of a distribution: the mean of what came between the last two points. */
  mean = new Float64Array(0)
  private slot = new Int32Array(0)
  private slotFromTime = new Float64Array(0)
  private slotFromValue = new Float64Array(0)
  private history = new Float32Array(0)

  add({ id, labels, metric, process }: Series, isCumulative: boolean): void {
    this.grow(id + 1)
    this.size = Math.max(this.size, id + 1)
    this.labels[id] = labels
    this.metric[id] = metric
    this.process[id] = process
    this.isCumulative[id] = isCumulative ? 1 : 0
  }

  /** Takes a point. One that is not newer than the last changes nothing. */
  record(id: number, time: number, { sum, value }: { readonly value: number; readonly sum: number }): void {
    const before = this.time[id] ?? Number.NaN
    const seconds = (time - before) / 1000
    if (id >= this.size || seconds <= 0) {
      return
    }
    const last = this.value[id] ?? Number.NaN
    if (this.isCumulative[id] === 1) {
      const grown = growth(last, value)
      this.rate[id] = grown / seconds
      this.mean[id] = grown > 0 ? growth(this.sum[id] ?? 0, sum) / grown : Number.NaN
    }
    this.keep(id, time)
    const at = id * slots + (Math.floor(time / slotMs) % slots)
    this.history[at] =
      this.isCumulative[id] === 1
        ? growth(this.slotFromValue[id] ?? 0, value) / ((time - (this.slotFromTime[id] ?? time)) / 1000)
        : value
    this.time[id] = time
    this.value[id] = value
    this.sum[id] = sum
    if (Number.isNaN(this.slotFromTime[id])) {
      this.slotFromTime[id] = time
      this.slotFromValue[id] = value
    }
  }

  /** Begins the slot of a time, if the last point was in another; what lies between has no values. */
  private keep(id: number, time: number): void {
    const slot = Math.floor(time / slotMs)
    const last = this.slot[id] ?? 0
    if (slot === last) {
      return
    }
    for (let empty = Math.max(last + 1, slot - slots + 1); empty < slot; empty++) {
      this.history[id * slots + (empty % slots)] = Number.NaN
    }
    this.slot[id] = slot
    this.slotFromTime[id] = this.time[id] ?? Number.NaN
    this.slotFromValue[id] = this.value[id] ?? Number.NaN
  }

  /** The rate or, where there is none, the value in a slot before that of `now`; NaN where nothing is known. */
  inSlot(id: number, now: number, ago: number): number {
    const slot = Math.floor(now / slotMs) - ago
    const last = this.slot[id] ?? 0
    return slot > last || slot <= last - slots ? Number.NaN : (this.history[id * slots + (slot % slots)] ?? Number.NaN)
  }

  /** The same series as another object, for one drawing: their numbers go on to change in it. */
  view(): SeriesColumns {
    return Object.assign(new SeriesColumns(), this)
  }

  /** The same series, which go on apart from these. */
  copy(): SeriesColumns {
    const copy = new SeriesColumns()
    copy.labels = this.labels.slice()
    copy.size = this.size
    copy.take(this, this.metric.length)
    return copy
  }

  private grow(size: number): void {
    if (size > this.metric.length) {
      this.take(this, Math.max(256, size, this.metric.length * 2))
    }
  }

  /** Makes columns of a length that begin as those of `from`. */
  private take(from: SeriesColumns, length: number): void {
    this.metric = within(new Int32Array(length), from.metric)
    this.process = within(new Int32Array(length), from.process)
    this.isCumulative = within(new Uint8Array(length), from.isCumulative)
    this.slot = within(new Int32Array(length), from.slot)
    this.time = within(numbers(length), from.time)
    this.value = within(numbers(length), from.value)
    this.sum = within(numbers(length), from.sum)
    this.rate = within(numbers(length), from.rate)
    this.mean = within(numbers(length), from.mean)
    this.slotFromTime = within(numbers(length), from.slotFromTime)
    this.slotFromValue = within(numbers(length), from.slotFromValue)
    this.history = within(new Float32Array(length * slots).fill(Number.NaN), from.history)
  }
}

/** What was added; where a counter began again, all of it. */
const growth = (before: number, after: number): number => (after < before ? after : after - before)

const numbers = (length: number) => new Float64Array(length).fill(Number.NaN)

const within = <A extends { readonly set: (from: A) => void }>(to: A, from: A): A => {
  to.set(from)
  return to
}

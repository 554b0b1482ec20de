/** Exponential buckets to record in. */
import { type ExponentialState, maxBuckets, maxScale, coarserBy } from "../catalogue/exponential.ts"

/** Buckets to record in. */
export class ExponentialBuckets {
  private scale = maxScale
  private factor = factorOf(maxScale)
  private zeroCount = 0
  /** The first and the last bucket that is not empty; there is none while `isEmpty`. */
  private low = 0
  private high = 0
  private isEmpty = true
  /** The bucket whose count stands first. Those below it follow behind the last one, as in a ring. */
  private base = 0
  private counts = new Float64Array(maxBuckets)

  /** Counts a value that is neither negative nor infinite. */
  record(value: number): void {
    if (value === 0) {
      this.zeroCount += 1
      return
    }
    let index = indexOf(value, this.scale, this.factor)
    if (this.isEmpty) {
      this.isEmpty = false
      this.low = index
      this.high = index
      this.base = index
    } else if (index < this.low || index > this.high) {
      const by = coarserBy(Math.min(index, this.low), Math.max(index, this.high))
      if (by > 0) {
        this.widen(by)
        index = indexOf(value, this.scale, this.factor)
      }
      this.low = Math.min(index, this.low)
      this.high = Math.max(index, this.high)
    }
    const slot = this.slotOf(index)
    this.counts[slot] = (this.counts[slot] ?? 0) + 1
  }

  /** What it holds now: a copy. */
  state(): ExponentialState {
    const { high, isEmpty, low, scale, zeroCount } = this
    const counts: Array<number> = []
    for (let index = low; index <= high && !isEmpty; index++) {
      counts.push(this.counts[this.slotOf(index)] ?? 0)
    }
    return { scale, zeroCount, offset: isEmpty ? 0 : low, counts }
  }

  private slotOf(index: number): number {
    const slot = index - this.base
    return slot < 0 ? slot + maxBuckets : slot >= maxBuckets ? slot - maxBuckets : slot
  }

  private widen(by: number): void {
    const counts = new Float64Array(maxBuckets)
    const base = this.low >> by
    for (let index = this.low; index <= this.high; index++) {
      const slot = (index >> by) - base
      counts[slot] = (counts[slot] ?? 0) + (this.counts[this.slotOf(index)] ?? 0)
    }
    this.counts = counts
    this.base = base
    this.low = base
    this.high >>= by
    this.scale -= by
    this.factor = factorOf(this.scale)
  }
}

const minNormal = 2 ** -1022

const bits = new DataView(new ArrayBuffer(8))

/** The bucket of a value above 0: one below the logarithm to the base, rounded up, so that a bound is in the lower one. */
const indexOf = (value: number, scale: number, factor: number): number => {
  // Those below the least normal number count as it, as their exponents say nothing.
  bits.setFloat64(0, Math.max(value, minNormal))
  const upper = bits.getUint32(0)
  const exponent = (upper >>> 20) - 1023
  const isPowerOfTwo = (upper & 0xf_ff_ff) === 0 && bits.getUint32(4) === 0
  if (scale <= 0) {
    return (isPowerOfTwo ? exponent - 1 : exponent) >> -scale
  }
  // A logarithm is rounded, and may miss the one bound that is known to the bit.
  return isPowerOfTwo ? (exponent << scale) - 1 : Math.min(Math.floor(Math.log(value) * factor), (1024 << scale) - 1)
}

const factorOf = (scale: number): number => Math.LOG2E * 2 ** scale

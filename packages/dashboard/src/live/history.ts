/**
 * The past of series in a fixed amount of memory: of each the newest points, and farther back one every half a minute.
 * Memory is taken when a series is new, so that nothing grows while the same series go on; that of series
 * that have ended goes to new ones.
 */

/** Points of one line, the oldest first. */
export interface Past {
  readonly times: ReadonlyArray<number>
  readonly values: ReadonlyArray<number>
}

export interface History {
  /**
   * A line for what begins at a time: a new one, or where the memory is used up, one that has had no point for ten
   * minutes before it, which is emptied; `undefined` where there is none either.
   */
  readonly open: (time: number) => number | undefined
  /** Adds a point. One of the same time replaces the last; an older one is ignored. */
  readonly add: (line: number, time: number, value: number) => void
  readonly read: (line: number) => Past
  readonly clear: () => void
}

const recent = 60
const sparse = 120
const sparseMs = 30_000

/** Times and values of the recent points, then of the sparse ones. */
const length = 2 * (recent + sparse)

/** A line without points for so long may be another's: a process that was restarted has new series. */
const quietMs = 600_000

/** So many lines are looked at for one that is quiet. */
const lookedAt = 256

/** As many lines as a slab of memory holds. */
const perSlab = 256

interface Slab {
  readonly numbers: Float64Array
  /** Of each line, how many points have been added to either ring. */
  readonly counts: Uint32Array
}

interface Ring {
  readonly start: number
  readonly size: number
  readonly counter: number
}

/** `limit` is the memory in bytes. */
export const makeHistory = (limit = 64 * 1024 * 1024): History => {
  const maxLines = Math.floor(limit / (length * 8 * perSlab)) * perSlab
  let slabs: Array<Slab> = []
  let lines = 0
  let hand = 0
  return {
    open: (time) => {
      if (lines === maxLines) {
        const line = emptied(slabs, hand, time)
        hand = line === undefined ? (hand + lookedAt) % lines : (line + 1) % lines
        return line
      }
      if (lines % perSlab === 0) {
        slabs.push({ numbers: new Float64Array(perSlab * length), counts: new Uint32Array(perSlab * 2) })
      }
      lines += 1
      return lines - 1
    },
    add: (line, time, value) => {
      const slab = slabs[Math.floor(line / perSlab)]
      if (slab === undefined) {
        return
      }
      const [fine, coarse] = ringsOf(line % perSlab)
      const last = lastTime(slab, fine)
      if (time < last) {
        return
      }
      if (time === last) {
        replace(slab, fine, value)
      } else {
        push(slab, fine, { time, value })
      }
      if (time - lastTime(slab, coarse) >= sparseMs) {
        push(slab, coarse, { time, value })
      }
    },
    read: (line) => {
      const slab = slabs[Math.floor(line / perSlab)]
      if (slab === undefined) {
        return { times: [], values: [] }
      }
      const [fine, coarse] = ringsOf(line % perSlab)
      const newest = pointsOf(slab, fine)
      const first = newest[0]?.time ?? Number.POSITIVE_INFINITY
      const points = [...pointsOf(slab, coarse).filter(({ time }) => time < first), ...newest]
      return { times: points.map(({ time }) => time), values: points.map(({ value }) => value) }
    },
    clear: () => {
      slabs = []
      lines = 0
      hand = 0
    }
  }
}

/** The first line from one on that is quiet, without its points. */
const emptied = (slabs: ReadonlyArray<Slab>, from: number, time: number): number | undefined => {
  const lines = slabs.length * perSlab
  for (let index = 0; index < Math.min(lookedAt, lines); index++) {
    const line = (from + index) % lines
    const slab = slabs[Math.floor(line / perSlab)]
    if (slab !== undefined && time - lastTime(slab, ringsOf(line % perSlab)[0]) > quietMs) {
      const at = (line % perSlab) * 2
      slab.counts.fill(0, at, at + 2)
      return line
    }
  }
  return undefined
}

const ringsOf = (index: number): readonly [Ring, Ring] => [
  { start: index * length, size: recent, counter: index * 2 },
  { start: index * length + 2 * recent, size: sparse, counter: index * 2 + 1 }
]

const countOf = ({ counts }: Slab, { counter }: Ring): number => counts[counter] ?? 0

/** Where the point before the next one is. */
const lastAt = (slab: Slab, ring: Ring): number | undefined => {
  const count = countOf(slab, ring)
  return count === 0 ? undefined : ring.start + ((count - 1) % ring.size)
}

const lastTime = (slab: Slab, ring: Ring): number => {
  const at = lastAt(slab, ring)
  return at === undefined ? Number.NEGATIVE_INFINITY : (slab.numbers[at] ?? 0)
}

const replace = (slab: Slab, ring: Ring, value: number): void => {
  const at = lastAt(slab, ring)
  if (at !== undefined) {
    slab.numbers[at + ring.size] = value
  }
}

const push = (slab: Slab, ring: Ring, { time, value }: { readonly time: number; readonly value: number }): void => {
  const count = countOf(slab, ring)
  const at = ring.start + (count % ring.size)
  slab.numbers[at] = time
  slab.numbers[at + ring.size] = value
  slab.counts[ring.counter] = count + 1
}

const pointsOf = (slab: Slab, ring: Ring): ReadonlyArray<{ readonly time: number; readonly value: number }> => {
  const count = countOf(slab, ring)
  const kept = Math.min(count, ring.size)
  return Array.from({ length: kept }, (_, index) => {
    const at = ring.start + ((count - kept + index) % ring.size)
    return { time: slab.numbers[at] ?? 0, value: slab.numbers[at + ring.size] ?? 0 }
  })
}

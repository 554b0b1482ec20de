/**
 * The state of base-2 exponential buckets, as OpenTelemetry has them: their width follows the values, so that nobody has
 * to know the range beforehand. What is recorded is never negative.
 */

/**
 * The bucket `offset + i` holds `counts[i]` values above `base ** (offset + i)`, up to and including
 * `base ** (offset + i + 1)`, where `base` is `2 ** (2 ** -scale)`.
 */
export interface ExponentialState {
  readonly scale: number
  readonly zeroCount: number
  readonly offset: number
  /** None while nothing but zeros was recorded; else neither the first nor the last is 0. */
  readonly counts: ReadonlyArray<number>
}

/** As many as OpenTelemetry asks for: over six orders of magnitude each is 9 % wide. */
export const maxBuckets = 160

/** The finest, which is where each histogram begins. */
export const maxScale = 20

/** A histogram that holds what both hold: at the coarser scale of both, or at a coarser one if their range needs it. */
export const mergeExponential = (one: ExponentialState, other: ExponentialState): ExponentialState => {
  const zeroCount = one.zeroCount + other.zeroCount
  if (one.counts.length === 0 || other.counts.length === 0) {
    const filled = one.counts.length === 0 ? other : one
    return { ...filled, zeroCount }
  }
  const [a, b] = alike(one, other)
  const by = coarserBy(Math.min(a.offset, b.offset), Math.max(endOf(a), endOf(b)))
  return added(atScale(a, a.scale - by), atScale(b, b.scale - by), 1)
}

/**
 * What came after `base`, which the same histogram held before; its scale has become no finer. Buckets at the ends may
 * be left out.
 */
export const exponentialSince = (now: ExponentialState, base: ExponentialState): ExponentialState =>
  base.counts.length === 0
    ? { ...now, zeroCount: now.zeroCount - base.zeroCount }
    : trimmed(added(now, atScale(base, Math.min(now.scale, base.scale)), -1))

/** The same at a scale that is no finer. */
export const atScale = (state: ExponentialState, scale: number): ExponentialState => {
  const by = state.scale - scale
  if (by <= 0 || state.counts.length === 0) {
    return by <= 0 ? state : { ...state, scale }
  }
  const offset = state.offset >> by
  const counts = Array.from({ length: (endOf(state) >> by) - offset + 1 }, () => 0)
  state.counts.forEach((count, place) => {
    const slot = ((state.offset + place) >> by) - offset
    counts[slot] = (counts[slot] ?? 0) + count
  })
  return { scale, zeroCount: state.zeroCount, offset, counts }
}

const endOf = ({ counts, offset }: ExponentialState): number => offset + counts.length - 1

const alike = (one: ExponentialState, other: ExponentialState): readonly [ExponentialState, ExponentialState] => {
  const scale = Math.min(one.scale, other.scale)
  return [atScale(one, scale), atScale(other, scale)]
}

const added = (one: ExponentialState, other: ExponentialState, times: 1 | -1): ExponentialState => {
  const offset = Math.min(one.offset, other.offset)
  const length = Math.max(endOf(one), endOf(other)) - offset + 1
  const counts = Array.from(
    { length },
    (_, place) =>
      (one.counts[place + offset - one.offset] ?? 0) + times * (other.counts[place + offset - other.offset] ?? 0)
  )
  return { scale: one.scale, zeroCount: one.zeroCount + times * other.zeroCount, offset, counts }
}

const trimmed = (state: ExponentialState): ExponentialState => {
  const first = state.counts.findIndex((count) => count !== 0)
  if (first < 0) {
    return { ...state, offset: 0, counts: [] }
  }
  const end = state.counts.findLastIndex((count) => count !== 0) + 1
  return { ...state, offset: state.offset + first, counts: state.counts.slice(first, end) }
}

/** By how many scales both are to be coarser, so that they fit in the buckets that there are. */
export const coarserBy = (low: number, high: number): number => {
  let by = 0
  while ((high >> by) - (low >> by) >= maxBuckets) {
    by++
  }
  return by
}

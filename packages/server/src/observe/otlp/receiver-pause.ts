/** The pause that a receiver has asked for. */

/** While it lasts, nothing is sent. */
export interface ReceiverPause {
  /** Nothing is sent for so long, in real time, as the receiver said with these words. */
  readonly pause: (why: string, ms: number | undefined) => void
  /** Why nothing is to be sent now. */
  readonly paused: () => string | undefined
  /** How much of the pause is left, in milliseconds. */
  readonly leftMs: () => number
}

/** No pause yet. */
export const makeReceiverPause = (): ReceiverPause => {
  let paused = { why: "", until: 0 }
  const leftMs = (): number => Math.max(paused.until - performance.now(), 0)
  return {
    leftMs,
    pause: (why, ms = 0) => {
      paused = { why, until: performance.now() + ms }
    },
    paused: () => {
      const left = Math.ceil(leftMs() / 1_000)
      return left > 0 ? `${paused.why} (it asked for a pause, ${left} s of it are left)` : undefined
    }
  }
}

/** How large a request may be, as sent: what is allowed, and what this receiver has shown to take. */

export interface SizeLimit {
  /** The most bytes of the next request. */
  readonly bytes: () => number
  /** Told of a size that was refused as too large: for an hour less is sent. */
  readonly refused: (bytes: number) => void
  /** Told of a size whose connection was reset: the same, as a 413 may have been lost with it. */
  readonly reset: (bytes: number) => void
  /** Told that nothing at all is taken: it was not the size. */
  readonly forget: () => void
}

/** Whether a limit may be the cause where the connection of a request of this size is reset. */
export const isSuspect = (bytes: number): boolean => bytes > 128 * 1024

/** What was learned is tried again after an hour: a proxy that was set up wrongly is not for ever. */
const hourMs = 3_600_000

/** A limit that begins with this. */
export const makeSizeLimit = (most: number): SizeLimit => {
  let learned = { bytes: most, untilMs: 0 }
  const bytes = (): number => (performance.now() < learned.untilMs ? learned.bytes : most)
  const halve = (size: number): void => {
    learned = { bytes: Math.min(bytes(), Math.floor(size / 2)), untilMs: performance.now() + hourMs }
  }
  return {
    bytes,
    refused: halve,
    reset: (size) => {
      if (isSuspect(size)) {
        halve(size)
      }
    },
    forget: () => {
      learned = { bytes: most, untilMs: 0 }
    }
  }
}

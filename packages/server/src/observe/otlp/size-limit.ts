/** How large a request may be, as sent: what is allowed, and what this receiver has shown to take. */

export interface SizeLimit {
  /** The most bytes of the next request. */
  readonly bytes: () => number
  /** Told of a size that was refused as too large: from now on less is sent. */
  readonly refused: (bytes: number) => void
  /** Told of a size whose connection was reset: for an hour less is sent, as a 413 may have been lost with it. */
  readonly reset: (bytes: number) => void
}

/** Below this no limit is suspected where a connection is reset. */
const suspectBytes = 16 * 1024

/** A suspected limit is tried again after an hour. */
const suspicionMs = 3_600_000

/** A limit that begins with this. */
export const makeSizeLimit = (most: number): SizeLimit => {
  let known = most
  let suspected = { bytes: Number.POSITIVE_INFINITY, untilMs: 0 }
  return {
    bytes: () => Math.min(known, performance.now() < suspected.untilMs ? suspected.bytes : known),
    refused: (bytes) => {
      known = Math.min(known, Math.floor(bytes / 2))
    },
    reset: (bytes) => {
      if (bytes > suspectBytes) {
        suspected = { bytes: Math.floor(bytes / 2), untilMs: performance.now() + suspicionMs }
      }
    }
  }
}

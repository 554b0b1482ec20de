/** How large a request may be, as sent: what is allowed, and what this receiver has shown to take. */

export interface SizeLimit {
  /** The most bytes of the next request. */
  readonly bytes: () => number
  /** Told of a size that was taken. */
  readonly passed: (bytes: number) => void
  /** Told of a size that was refused as too large: from now on less is sent. */
  readonly refused: (bytes: number) => void
  /** Told of a size that was never answered: less is tried, until sizes pass again. */
  readonly reset: (bytes: number) => void
}

/** Below this no limit is suspected where a connection is reset. */
const suspectBytes = 16 * 1024

/** A limit that begins with this. */
export const makeSizeLimit = (most: number): SizeLimit => {
  let known = most
  let current = most
  return {
    bytes: () => current,
    passed: (bytes) => {
      current = Math.min(known, Math.max(current, bytes * 2))
    },
    refused: (bytes) => {
      known = Math.min(known, Math.floor(bytes / 2))
      current = known
    },
    reset: (bytes) => {
      if (bytes > suspectBytes) {
        current = Math.min(current, Math.floor(bytes / 2))
      }
    }
  }
}

/** The pages that look: each has a short queue of events, and is let go of when it doesn't read them. */
import type { SharedEvent } from "./event.ts"

/** One connection. */
export interface Viewer {
  /** Takes an event, or says that it can't: it is too far behind. */
  readonly offer: (event: SharedEvent) => boolean
  /** Ends the connection at once, without waiting for what is still to be read. */
  readonly drop: () => void
}

export interface Viewers {
  /** `undefined` where there are as many as there may be; otherwise what removes the viewer. */
  readonly add: (viewer: Viewer) => (() => void) | undefined
  readonly count: () => number
  /** Sends an event to all; it is made only if there are any. */
  readonly send: (make: () => SharedEvent) => void
}

/** `limit` is how many there may be. */
export const makeViewers = (limit: number): Viewers => {
  const viewers = new Set<Viewer>()
  return {
    add: (viewer) => {
      if (viewers.size >= limit) {
        return undefined
      }
      viewers.add(viewer)
      return () => void viewers.delete(viewer)
    },
    count: () => viewers.size,
    send: (make) => {
      if (viewers.size === 0) {
        return
      }
      const event = make()
      for (const viewer of viewers) {
        if (!viewer.offer(event)) {
          viewers.delete(viewer)
          viewer.drop()
        }
      }
    }
  }
}

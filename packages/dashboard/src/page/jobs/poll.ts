/**
 * Asks again and again: the next time only after the answer to the last, more seldom after a failure, and never while
 * nobody sees the page.
 */

/** When to ask. */
export interface PollOptions {
  readonly everyMs: number
  readonly afterFailureMs: number
  /** Whether the page is seen. */
  readonly isVisible: () => boolean
  /** Says when that changes; the function it gives ends it. */
  readonly onVisibility: (listener: () => void) => () => void
}

export interface Poll {
  /** Asks at once, or as soon as the answer that is awaited is there. */
  readonly refresh: () => void
  readonly stop: () => void
}

/** `ask` says whether it was answered, and never fails. */
export const poll = (ask: (signal: AbortSignal) => Promise<boolean>, options: PollOptions): Poll => {
  const ended = new AbortController()
  let timer: ReturnType<typeof setTimeout> | undefined
  let isAsking = false
  let isWanted = false
  const run = async (): Promise<void> => {
    clearTimeout(timer)
    if (isAsking) {
      isWanted = true
      return
    }
    isAsking = true
    isWanted = false
    const isAnswered = await ask(ended.signal)
    isAsking = false
    if (ended.signal.aborted) {
      return
    }
    if (isWanted) {
      void run()
    } else if (options.isVisible()) {
      timer = setTimeout(() => void run(), isAnswered ? options.everyMs : options.afterFailureMs)
    }
  }
  const unlisten = options.onVisibility(() => {
    if (options.isVisible()) {
      void run()
    } else {
      clearTimeout(timer)
    }
  })
  void run()
  return {
    refresh: () => void run(),
    stop: () => {
      clearTimeout(timer)
      unlisten()
      ended.abort()
    }
  }
}

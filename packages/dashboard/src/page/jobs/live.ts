/** Answers of the API that stay up to date as long as a screen shows them. */
import { useEffect, useState } from "preact/hooks"
import { type Poll, poll } from "./poll.ts"
import { type Problem, problemOf, read } from "./request.ts"

/** What was answered last, and why nothing was since. */
export interface Live<A> {
  /** What it is the answer to: while a new question is under way, the answer to the old one is kept. */
  readonly path?: string
  readonly value?: A
  readonly problem?: Problem
}

const polls = new Set<Poll>()

/** Asks all that is shown again. */
export const refresh = (): void => {
  for (const one of polls) {
    one.refresh()
  }
}

const timing = {
  everyMs: 2000,
  afterFailureMs: 10_000,
  isVisible: () => !document.hidden,
  onVisibility: (listener: () => void) => {
    document.addEventListener("visibilitychange", listener)
    return () => document.removeEventListener("visibilitychange", listener)
  }
}

/** The answer at a path, every two seconds. */
export const useLive = <A>(path: string): Live<A> => {
  const [live, setLive] = useState<Live<A>>({})
  useEffect(() => {
    const ask = async (signal: AbortSignal): Promise<boolean> => {
      try {
        const value = await read<A>(path, signal)
        if (!signal.aborted) {
          setLive({ path, value })
        }
        return true
      } catch (error) {
        if (!signal.aborted) {
          setLive((last) => ({ ...last, problem: problemOf(error) }))
        }
        return false
      }
    }
    // A problem is one of a question, not of the next.
    setLive(({ problem: _, ...last }) => last)
    const one = poll(ask, timing)
    polls.add(one)
    return () => {
      polls.delete(one)
      one.stop()
    }
  }, [path])
  return live
}

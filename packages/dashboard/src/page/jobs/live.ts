/** Answers of the API that stay up to date as long as a screen shows them. */
import { type Signal, signal } from "@preact/signals"
import { useLayoutEffect } from "preact/hooks"
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

/** The answers of one kind; the last one is there at once when a screen is shown again. */
export const answers = <A>(): Signal<Live<A>> => signal<Live<A>>({})

/** Asks for what is at a path every two seconds, as long as it is shown. */
export const useLive = <A>(path: string, live: Signal<Live<A>>): Live<A> => {
  // Before anything is drawn: what was said of the last question does not stand beside the new one.
  useLayoutEffect(() => {
    const ask = async (signal: AbortSignal): Promise<boolean> => {
      try {
        const value = await read<A>(path, signal)
        if (!signal.aborted) {
          live.value = { path, value }
        }
        return true
      } catch (error) {
        if (!signal.aborted) {
          live.value = { ...live.peek(), problem: problemOf(error) }
        }
        return false
      }
    }
    const { problem: _, ...last } = live.peek()
    live.value = last
    const one = poll(ask, timing)
    polls.add(one)
    return () => {
      polls.delete(one)
      one.stop()
    }
  }, [path, live])
  return live.value
}

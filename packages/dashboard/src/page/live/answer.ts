/** What the server answers at a path, asked for again every few seconds while one looks at it. */
import { useSignal } from "@preact/signals"
import { useEffect } from "preact/hooks"
import { paused } from "./live.ts"

const refreshMs = 5000

export interface Answer<A> {
  /** What was answered last; `undefined` until something was. */
  readonly value: A | undefined
  /** Why it was not answered since; empty where it was. */
  readonly problem: string
  /** Whether the server knows of no such thing; with a value where it knew of it before. */
  readonly isMissing: boolean
}

const nothing = { value: undefined, problem: "", isMissing: false }

/** Asks for what is at a path; without a path for nothing. */
export const useAnswer = <A>(path: string | undefined): Answer<A> => {
  const answer = useSignal<Answer<A>>(nothing)
  useEffect(() => {
    const aborted = new AbortController()
    const load = async (): Promise<void> => {
      const next = await ask<A>(path ?? "", aborted.signal)
      if (!aborted.signal.aborted) {
        const before = answer.peek()
        const { isMissing, problem } = next
        // What was there before stays in view.
        answer.value = problem !== "" ? { ...before, problem } : isMissing ? { ...next, value: before.value } : next
      }
    }
    answer.value = nothing
    if (path === undefined) {
      return undefined
    }
    void load()
    const again = setInterval(() => {
      if (!document.hidden && paused.value === undefined) {
        void load()
      }
    }, refreshMs)
    let wasPaused = paused.peek() !== undefined
    const stopWatching = paused.subscribe((since) => {
      if (wasPaused && since === undefined) {
        void load()
      }
      wasPaused = since !== undefined
    })
    return () => {
      aborted.abort()
      clearInterval(again)
      stopWatching()
    }
  }, [path])
  return answer.value
}

const ask = async <A>(path: string, signal: AbortSignal): Promise<Answer<A>> => {
  try {
    const response = await fetch(path, { signal })
    if (response.status === 404) {
      return { ...nothing, isMissing: true }
    }
    if (!response.ok) {
      throw new Error(`The server answered ${response.status} ${response.statusText}.`)
    }
    return { ...nothing, value: await response.json() }
  } catch (error) {
    return { ...nothing, problem: error instanceof Error ? error.message : String(error) }
  }
}

/** The past of a metric, asked for again every few seconds while one looks at it. */
import { useSignal } from "@preact/signals"
import { useEffect } from "preact/hooks"
import type { MetricDetail } from "../../protocol/live.ts"
import { paused } from "../live/live.ts"

const refreshMs = 5000

/** `undefined` until it has come, and where it is not wanted. */
export const useDetail = (name: string, isWanted: boolean) => {
  const detail = useSignal<MetricDetail | undefined>(undefined)
  const problem = useSignal("")
  useEffect(() => {
    const aborted = new AbortController()
    const load = async (): Promise<void> => {
      try {
        const response = await fetch(`live/metric?name=${encodeURIComponent(name)}`, { signal: aborted.signal })
        if (!response.ok) {
          throw new Error(`The server answered ${response.status} ${response.statusText}.`)
        }
        detail.value = await response.json()
        problem.value = ""
      } catch (error) {
        problem.value = aborted.signal.aborted ? "" : error instanceof Error ? error.message : String(error)
      }
    }
    detail.value = undefined
    if (!isWanted) {
      return undefined
    }
    void load()
    const again = setInterval(() => {
      if (!document.hidden && paused.value === undefined) {
        void load()
      }
    }, refreshMs)
    return () => {
      aborted.abort()
      clearInterval(again)
    }
  }, [name, isWanted])
  return { detail: detail.value, problem: problem.value }
}

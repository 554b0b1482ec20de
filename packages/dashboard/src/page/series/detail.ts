/** The past of a metric. */
import type { MetricDetail } from "../../protocol/live.ts"
import { useAnswer } from "../live/answer.ts"

/** `undefined` until it has come, and where it is not wanted. */
export const useDetail = (name: string, isWanted: boolean) => {
  const { isMissing, problem, value } = useAnswer<MetricDetail>(
    isWanted ? `live/metric?name=${encodeURIComponent(name)}` : undefined
  )
  return { detail: value, problem: isMissing ? "The server does not know it any more." : problem }
}

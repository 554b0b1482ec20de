/** What tells the log lines of a trace apart while more of them arrive, so that one that is opened stays the same line. */
import type { TraceLog } from "../../protocol/traces.ts"

/** Lines are given in the order of their time; of those of one moment, later ones come after those that are here. */
export const keysOfLines = (logs: ReadonlyArray<Pick<TraceLog, "time">>): ReadonlyArray<string> => {
  const sameMoment = new Map<number, number>()
  return logs.map(({ time }) => {
    const before = sameMoment.get(time) ?? 0
    sameMoment.set(time, before + 1)
    return `${time} ${before}`
  })
}

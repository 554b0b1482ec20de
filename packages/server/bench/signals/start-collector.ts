/** Starts a collector, and asks it what has arrived. */
import { fork } from "node:child_process"
import { once } from "node:events"
import { fileURLToPath } from "node:url"
import type { Awaited } from "./collector.ts"

export interface Collector {
  /** Without a path. */
  readonly url: string
  /** Waits until so many records have come to a path, and answers how many have. */
  readonly received: (path: string, records: number) => Promise<number>
  readonly end: () => void
}

// Far longer than any request takes: what is waited for was lost.
const longestMs = 30_000

/** A collector that acknowledges at once, or one that hangs: it takes requests and never answers. */
export const startCollector = async (kind: "acknowledges" | "hangs"): Promise<Collector> => {
  const collector = fork(fileURLToPath(new URL("./collector.js", import.meta.url)), [kind], { execArgv: [] })
  const [port] = await once(collector, "message")
  return {
    url: `http://localhost:${String(port)}`,
    received: async (path, records) => {
      const awaited: Awaited = { path, records }
      collector.send(awaited)
      const [count] = await once(collector, "message", { signal: AbortSignal.timeout(longestMs) })
      return Number(count)
    },
    end: () => void collector.kill()
  }
}

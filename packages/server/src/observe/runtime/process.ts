/** What the system gives a process: processor time, memory, file descriptors; and its age. */
import { readdirSync, readFileSync, statSync } from "node:fs"
import { performance } from "node:perf_hooks"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import { attempt } from "../catalogue/attempt.ts"
import { observeTotals, observeValue, type Recorded } from "./recorded.ts"

/** Observes the process. File descriptors are known on Linux only. */
export const observeProcess = ({ meter, runtime }: Recorded): Effect.Effect<void, never, Scope.Scope> =>
  Effect.gen(function* () {
    yield* observeTotals(meter, runtime.cpuTime, () => {
      const { system, user } = process.cpuUsage()
      return [
        { labels: { cpu_mode: "system" }, total: system / 1e6 },
        { labels: { cpu_mode: "user" }, total: user / 1e6 }
      ]
    })
    yield* observeValue(meter, runtime.memoryUsage, () => process.memoryUsage.rss())
    yield* observeValue(meter, runtime.startTime, () => performance.timeOrigin / 1000)
    yield* observeValue(meter, runtime.uptime, () => process.uptime())
    if (process.platform === "linux") {
      const openDescriptors = attempt(isSizeSound) === true ? sizeOfFolder : entriesOfFolder
      yield* observeValue(meter, runtime.fileDescriptors, () => attempt(openDescriptors))
      yield* observeValue(meter, runtime.fileDescriptorLimit, () => attempt(descriptorLimit))
    }
  })

/**
 * Linux 6.2 and later says the number as the size of the folder; before that, and where something else serves `/proc`, its
 * size says something else or nothing, and the folder has to be read.
 */
const isSizeSound = (): boolean => sizeOfFolder() === entriesOfFolder()

const sizeOfFolder = (): number => statSync(folder).size

// Reading the folder opens one more.
const entriesOfFolder = (): number => readdirSync(folder).length - 1

const folder = "/proc/self/fd"

/** The soft limit; none where the system says "unlimited". */
const descriptorLimit = (): number | undefined => {
  const limit = /^Max open files\s+(\d+)/m.exec(readFileSync("/proc/self/limits", "utf8"))?.[1]
  return limit === undefined ? undefined : Number(limit)
}

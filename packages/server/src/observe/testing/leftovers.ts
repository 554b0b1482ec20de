/** Says that a test reads what others recorded before it, through a registry that they share. */
import * as Effect from "effect/Effect"
import * as FiberRef from "effect/FiberRef"
import * as HashSet from "effect/HashSet"
import * as Logger from "effect/Logger"
import { withoutDefect } from "../instrument/sound-log.ts"
import type { MetricsService } from "../metrics.ts"

/**
 * Warns once for each registry where a service was built over series that had moved already: what is read includes them.
 * `it.effect` of `@effect/vitest` shows no log; the line goes to Effect's default one then.
 */
export const warnOfLeftovers = (metrics: MetricsService): Effect.Effect<void> =>
  Effect.suspend(() => {
    const { leftovers, meter } = metrics
    if (leftovers.length === 0 || removed.has(metrics) || warned.has(meter)) {
      return Effect.void
    }
    warned.add(meter)
    const shown = leftovers.slice(0, maxShown).join(", ")
    const more = leftovers.length > maxShown ? ` and ${leftovers.length - maxShown} more` : ""
    const line = Effect.logWarning(
      `This MetricsService was built over a registry that already had values, such as those of another test: ${shown}${more}. ` +
        "Values read here include them. Provide the layer of observe/testing, which has its own registry"
    )
    return Effect.flatMap(FiberRef.get(FiberRef.currentLoggers), (loggers) =>
      HashSet.some(loggers, (logger) => logger !== Logger.tracerLogger)
        ? withoutDefect(line)
        : Effect.sync(() => {
            Effect.runFork(withoutDefect(line))
          })
    )
  })

/** Notes that a service sees nothing of others any more. */
export const withoutLeftovers = (metrics: MetricsService): void => {
  removed.add(metrics)
}

const maxShown = 5

const removed = new WeakSet<MetricsService>()

const warned = new WeakSet<MetricsService["meter"]>()

/** Shows the progress of the jobs: a bar on a terminal, elsewhere a line for each tenth. */
import * as Effect from "effect/Effect"
import * as Schedule from "effect/Schedule"
import type { Scope } from "effect/Scope"
import type { Screen } from "./screen.ts"

export interface Progress {
  readonly done: number
  readonly total: number
  /** What is shown on a terminal while nothing is left to do. */
  readonly numbers?: string
}

/** Shows the progress until the scope closes. */
export const showProgress = <E, R>(
  screen: Screen,
  read: Effect.Effect<Progress, E, R>
): Effect.Effect<void, never, Scope | R> => {
  let shownTenth = 0
  const show = Effect.map(read, ({ done, numbers, total }): void => {
    if (total === 0) {
      return
    }
    screen.bar(done < total ? barOf({ done, total }) : numbers?.slice(0, screen.columns - 1))
    const tenth = Math.floor((done / total) * 10)
    if (!screen.isTerminal && tenth !== shownTenth) {
      screen.line(`${done} of ${total} jobs`)
    }
    shownTenth = tenth
  })
  return Effect.gen(function* () {
    yield* Effect.addFinalizer(() => Effect.sync(() => screen.bar()))
    // A failed reading is repeated: others wait for what it finds.
    const shown = Effect.catchAllCause(show, () => Effect.void)
    yield* Effect.forkScoped(Effect.repeat(shown, Schedule.spaced("200 millis")))
  })
}

const width = 30

const barOf = ({ done, total }: Progress): string => {
  const full = Math.floor((done / total) * width)
  return `  ${"\u2588".repeat(full)}${"\u2591".repeat(width - full)} ${done} of ${total} jobs`
}

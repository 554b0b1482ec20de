/** Submits jobs while somebody watches, so that there is something to see. */
import * as Effect from "effect/Effect"
import * as Random from "effect/Random"
import type { Scope } from "effect/Scope"

export interface LoadOptions<R> {
  /** Whether a page is open. */
  readonly isWatched: () => boolean
  readonly files: ReadonlyArray<string>
  /** Submits the jobs of files, and ends when those to be cancelled are cancelled. */
  readonly submit: (files: ReadonlyArray<string>) => Effect.Effect<unknown, unknown, R>
  /** Run when nobody watches any more. */
  readonly afterwards: Effect.Effect<unknown, unknown, R>
}

const interval = "250 millis"

/** Looks after the load until the scope closes. A submission that fails is tried again with the next file. */
export const submitWhileWatched = <R>({
  afterwards,
  files,
  isWatched,
  submit
}: LoadOptions<R>): Effect.Effect<void, never, R | Scope> => {
  let wasWatched = false
  const step = Effect.suspend(() => {
    const ended = wasWatched && !isWatched()
    wasWatched = isWatched()
    if (wasWatched) {
      return Effect.flatMap(Random.nextIntBetween(0, files.length), (index) =>
        Effect.forkScoped(Effect.ignore(submit(files.slice(index, index + 1))))
      )
    }
    return ended ? Effect.ignore(afterwards) : Effect.void
  })
  return Effect.asVoid(Effect.forkScoped(Effect.forever(Effect.zipRight(step, Effect.sleep(interval)))))
}

/** What the jobs of this process share: the ledger, the slots in which they run, and who waits for which job. */
import * as Context from "effect/Context"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import type * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import type { Ledger } from "./ledger.ts"

/** How many jobs run at once. */
const slots = 4

export interface BoardService {
  readonly ledger: Ledger
  /** Runs an effect in one of the slots, when one is free. */
  readonly inSlot: <A, E, R>(effect: Effect.Effect<A, E, R>) => Effect.Effect<A, E, R>
  readonly start: (job: string) => Effect.Effect<void>
  readonly end: (job: string, exit: Exit.Exit<unknown, unknown>) => Effect.Effect<void>
  readonly awaitStart: (job: string) => Effect.Effect<void>
  readonly awaitEnd: (job: string) => Effect.Effect<Exit.Exit<unknown, unknown>>
}

export class Board extends Context.Tag("job-server/Board")<Board, BoardService>() {
  static readonly layer = (ledger: Ledger): Layer.Layer<Board> => Layer.sync(Board, () => make(ledger))
}

const make = (ledger: Ledger): BoardService => {
  const started = places<void>()
  const ended = places<Exit.Exit<unknown, unknown>>()
  return {
    ledger,
    inSlot: Effect.unsafeMakeSemaphore(slots).withPermits(1),
    start: (job) => started.put(job, undefined),
    end: (job, exit) => ended.put(job, exit),
    awaitStart: started.take,
    awaitEnd: ended.take
  }
}

/** A value for each job, which may be waited for before it is there. It is forgotten when it has been taken. */
const places = <A>() => {
  const known = new Map<string, Deferred.Deferred<A>>()
  const at = (job: string) =>
    Effect.suspend(() => {
      const place = known.get(job)
      if (place !== undefined) return Effect.succeed(place)
      return Effect.tap(Deferred.make<A>(), (made) => Effect.sync(() => known.set(job, made)))
    })
  return {
    put: (job: string, value: A) => Effect.flatMap(at(job), (place) => Deferred.succeed(place, value)),
    take: (job: string) =>
      Effect.ensuring(
        Effect.flatMap(at(job), Deferred.await),
        Effect.sync(() => known.delete(job))
      )
  }
}

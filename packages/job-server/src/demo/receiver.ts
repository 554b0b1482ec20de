/**
 * The receiver of this run: a process of its own, looked at every second, so that when it is lost the demo still knows
 * what it had.
 */
import type { Series, Snapshot } from "@parametric-portal/dashboard/receiver"
import { spawnReceiver } from "@parametric-portal/dashboard/spawn"
import * as Effect from "effect/Effect"
import * as Schedule from "effect/Schedule"
import type { Scope } from "effect/Scope"
import { BadArgument } from "./arguments.ts"
import { type Screen, say } from "./screen.ts"

/** The resource attribute by which the processes of a run are told apart. */
export const processAttribute = "service.instance.name"

/** What was received from one process. */
export const seriesOf = (series: ReadonlyArray<Series>, name: string): ReadonlyArray<Series> =>
  series.filter(({ resource }) => resource[processAttribute] === name)

/** What is known of the receiver at a moment. */
export interface Sight {
  readonly snapshot: Snapshot
  readonly seenAtMs: number
  /** Why it could not be seen again after that. */
  readonly lost: string | undefined
}

export interface WatchedReceiver {
  /** Where to send metrics. */
  readonly url: string
  readonly pid: number
  /** Looks once more; when the receiver is lost, it is what was seen last. */
  readonly look: Effect.Effect<Sight>
}

/** It takes a second on a machine that has nothing else to do. */
const startsWithin = "1 minute"

/** A receiver that takes longer to tell what it has is taken for lost. */
const answersWithin = "20 seconds"

/** Starts a receiver that ends with the scope, and says so on the screen when it is lost. */
export const startReceiver = (port: number, screen: Screen): Effect.Effect<WatchedReceiver, BadArgument, Scope> =>
  Effect.gen(function* () {
    const receiver = yield* spawnReceiver({ port }).pipe(
      Effect.timeoutFail({
        duration: startsWithin,
        onTimeout: () => ({ message: `the receiver did not say within ${startsWithin} where it listens` })
      }),
      Effect.mapError(
        ({ message }) =>
          new BadArgument({ message: `--port is ${port}: ${message.replace("the receiver exited: ", "")}` })
      )
    )
    let sight: Sight = {
      snapshot: { failureMode: { _tag: "None" }, series: [], requests: [], violations: [] },
      seenAtMs: Date.now(),
      lost: undefined
    }
    const look = Effect.matchEffect(Effect.timeout(receiver.state, answersWithin), {
      onFailure: () => {
        if (sight.lost !== undefined) return Effect.succeed(sight)
        sight = { ...sight, lost: `the receiver at ${receiver.url} does not answer any more` }
        return Effect.as(
          say(
            screen,
            `The receiver (process ${receiver.pid}) is lost. The jobs go on; their metrics are not delivered.`
          ),
          sight
        )
      },
      onSuccess: (snapshot) => {
        sight = { snapshot, seenAtMs: Date.now(), lost: undefined }
        return Effect.succeed(sight)
      }
    })
    yield* Effect.forkScoped(Effect.repeat(look, Schedule.spaced("1 second")))
    return { url: receiver.url, pid: receiver.pid, look }
  })

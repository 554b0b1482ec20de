/** The receiver of this run, in its own process. It is polled every second, so that its last state survives its loss. */
import { builtFolder } from "@parametric-portal/dashboard/page-files"
import type { Snapshot } from "@parametric-portal/dashboard/receiver"
import { spawnReceiver } from "@parametric-portal/dashboard/spawn"
import * as Effect from "effect/Effect"
import * as Schedule from "effect/Schedule"
import type { Scope } from "effect/Scope"
import { existsSync } from "node:fs"
import path from "node:path"
import { UsageError } from "../command-line/usage-error.ts"
import { say, type Screen } from "./screen.ts"

/** The last known state of the receiver. */
export interface ReceiverState {
  readonly snapshot: Snapshot
  readonly seenAtMs: number
  /** Why there is no newer state, if the receiver was lost. */
  readonly lost: string | undefined
}

export interface Receiver {
  /** Where to send metrics. */
  readonly url: string
  readonly pid: number
  /** Reads the state now; when the receiver is lost, its last known state. */
  readonly poll: Effect.Effect<ReceiverState>
}

/** On an idle machine it takes a second. */
const startTimeout = "1 minute"

/** A receiver that takes longer to answer is considered lost. */
const responseTimeout = "20 seconds"

/** It is, unless the demo is compiled for a test. */
const isPageBuilt = existsSync(path.join(builtFolder, "index.html"))

/** Starts a receiver that stops with the scope; the screen says when it is lost. */
export const startReceiver = (port: number, screen: Screen): Effect.Effect<Receiver, UsageError, Scope> =>
  Effect.gen(function* () {
    const receiver = yield* spawnReceiver({
      port,
      isReadOnly: true,
      ...(isPageBuilt ? { pageFolder: builtFolder } : {})
    }).pipe(
      Effect.timeoutFail({
        duration: startTimeout,
        onTimeout: () => ({ message: `The receiver did not start within ${startTimeout}.` })
      }),
      Effect.mapError(
        ({ message }) => new UsageError({ message: `--port ${port}: ${message.replace("the receiver exited: ", "")}` })
      )
    )
    let state: ReceiverState = {
      snapshot: { failureMode: { _tag: "None" }, series: [], requests: [], violations: [] },
      seenAtMs: Date.now(),
      lost: undefined
    }
    const poll = Effect.matchEffect(Effect.timeout(receiver.state, responseTimeout), {
      onFailure: () => {
        if (state.lost !== undefined) {
          return Effect.succeed(state)
        }
        state = { ...state, lost: `the receiver at ${receiver.url} stopped answering` }
        return Effect.as(
          say(
            screen,
            `The receiver (process ${receiver.pid}) is lost. The jobs continue, but their metrics are not delivered.`
          ),
          state
        )
      },
      onSuccess: (snapshot) => {
        state = { snapshot, seenAtMs: Date.now(), lost: undefined }
        return Effect.succeed(state)
      }
    })
    yield* Effect.forkScoped(Effect.repeat(poll, Schedule.spaced("1 second")))
    return { url: receiver.url, pid: receiver.pid, poll }
  })

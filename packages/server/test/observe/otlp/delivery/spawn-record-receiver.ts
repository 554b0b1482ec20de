/** The receiver of spans and log records in a process of its own, beside that of metrics. */
import type { FailureMode } from "@parametric-portal/dashboard/spawn"
import * as Effect from "effect/Effect"
import type { Scope } from "effect/Scope"
import { type ChildProcess, fork } from "node:child_process"
import { compiled } from "../../../support/programs.ts"
import type { RecordCommand, RecordState } from "./record-receiver.ts"

export interface RecordReceiver {
  readonly base: string
  readonly pid: number
  readonly state: Effect.Effect<RecordState>
  readonly setFailureMode: (mode: FailureMode) => Effect.Effect<void>
  readonly clear: Effect.Effect<void>
}

/** The program. */
export const recordReceiver = compiled(new URL("./record-receiver.ts", import.meta.url))

/** Starts it; it ends with the scope, or when this process does. */
export const spawnRecordReceiver = (program: string): Effect.Effect<RecordReceiver, never, Scope> =>
  Effect.gen(function* () {
    const child = yield* Effect.acquireRelease(
      Effect.sync(() => fork(program, { execArgv: [] })),
      (it) => Effect.sync(() => it.kill("SIGKILL"))
    )
    const { base } = yield* answerTo(child)
    // One after the other: it answers in the order in which it is told.
    const turn = yield* Effect.makeSemaphore(1)
    const tell = (command: RecordCommand) => turn.withPermits(1)(answerTo(child, command))
    return {
      base,
      pid: child.pid ?? 0,
      state: tell({ tell: "state" }),
      setFailureMode: (mode) => Effect.asVoid(tell({ tell: "mode", mode })),
      clear: Effect.asVoid(tell({ tell: "clear" }))
    }
  })

const answerTo = (child: ChildProcess, command?: RecordCommand): Effect.Effect<RecordState> =>
  Effect.async((resume) => {
    const hear = (state: RecordState) => {
      child.off("exit", die)
      resume(Effect.succeed(state))
    }
    const die = () => resume(Effect.dieMessage("the receiver of spans and log records has ended"))
    child.once("message", hear)
    child.once("exit", die)
    if (command !== undefined) {
      child.send(command)
    }
  })

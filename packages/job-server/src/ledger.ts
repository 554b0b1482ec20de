/**
 * The ground truth: what the job server itself saw of every operation, from outside of the library that measures it.
 *
 * `witness(track, facts)(effect)` runs `track(effect)` and writes down how it ended and how long it took: `inner` seconds
 * are those of the effect, `outer` those of the effect with the tracking around it, so a true measurement lies between.
 * Times are Node's own `performance.now` and `Date.now`, never a clock of Effect, and outcomes are read from the exit.
 */
import type { MetricsService } from "@parametric-portal/server/observe/metrics"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Option from "effect/Option"

/** How an operation ended. `reason` is the failure's own word. */
export type Ending =
  | { readonly outcome: "success" }
  | { readonly outcome: "failure" | "defect"; readonly reason: string }
  | { readonly outcome: "interrupted" }

/** Two moments between which the true one lies: inside and outside of the tracking. */
export interface Between {
  readonly atLeast: number
  readonly atMost: number
}

/** One operation that ended. */
export interface Entry<Facts> {
  readonly facts: Facts
  readonly ending: Ending
  readonly seconds: Between
  /** When it began and ended, in epoch milliseconds. */
  readonly beganMs: Between
  readonly endedMs: Between
}

/** What is known of an operation on a job. */
export interface JobFacts {
  readonly of: "job"
  readonly operation: "submit" | "process" | "cancel"
  readonly job: string
  readonly type: string
  readonly priority: string
  readonly attempt: number
  /** When the job was accepted, and when this attempt was due, in epoch milliseconds. */
  readonly enqueuedAt?: number
  readonly deliverAt?: number
  readonly isLast: boolean
}

/** What is known of a message to or at an entity. */
export interface MessageFacts {
  readonly of: "message"
  readonly operation: "send" | "receive"
  readonly entityType: string
  readonly message: string
}

export type LedgerEntry = Entry<JobFacts> | Entry<MessageFacts>

/** A tracking combinator as it is handed to `witness`. */
export type Track = <A, E, R>(effect: Effect.Effect<A, E, R>) => Effect.Effect<A, E, R | MetricsService>

/** All operations of one process, in the order in which they ended. */
export class Ledger {
  readonly entries: Array<LedgerEntry> = []

  /** Runs `track(effect)` and writes down what became of it. */
  readonly witness =
    (track: Track, facts: JobFacts | MessageFacts) =>
    <A, E, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<A, E, R | MetricsService> =>
      Effect.suspend(() => {
        const outer = begin()
        let inner: Span | undefined
        const watched = Effect.suspend(() => {
          const began = begin()
          return Effect.onExit(effect, () => Effect.sync(() => (inner = end(began))))
        })
        return Effect.onExit(track(watched), (exit) =>
          Effect.sync(() => {
            this.entries.push(entryOf(facts, exit, { inner, outer: end(outer) }))
          })
        )
      })
}

interface Moment {
  readonly monotonicMs: number
  readonly epochMs: number
}

interface Span {
  readonly began: Moment
  readonly ended: Moment
}

const begin = (): Moment => ({ monotonicMs: performance.now(), epochMs: Date.now() })

const end = (began: Moment): Span => ({ began, ended: begin() })

const secondsOf = ({ began, ended }: Span) => (ended.monotonicMs - began.monotonicMs) / 1000

/** An effect that was interrupted before it began took no time of its own. */
const entryOf = (
  facts: JobFacts | MessageFacts,
  exit: Exit.Exit<unknown, unknown>,
  { inner, outer }: { readonly inner: Span | undefined; readonly outer: Span }
): LedgerEntry => {
  const measured = {
    ending: endingOf(exit),
    seconds: { atLeast: inner === undefined ? 0 : secondsOf(inner), atMost: secondsOf(outer) },
    beganMs: { atLeast: outer.began.epochMs, atMost: (inner ?? outer).began.epochMs },
    endedMs: { atLeast: (inner?.ended ?? outer.began).epochMs, atMost: outer.ended.epochMs }
  }
  return facts.of === "job" ? { facts, ...measured } : { facts, ...measured }
}

const endingOf = (exit: Exit.Exit<unknown, unknown>): Ending => {
  if (Exit.isSuccess(exit)) return { outcome: "success" }
  const failure = Option.getOrUndefined(Cause.failureOption(exit.cause))
  if (failure !== undefined) return { outcome: "failure", reason: reasonOf(failure) }
  const defect = Option.getOrUndefined(Cause.dieOption(exit.cause))
  return defect === undefined
    ? { outcome: "interrupted" }
    : { outcome: "defect", reason: defect instanceof Error ? defect.constructor.name : "Defect" }
}

/** The jobs fail with a `reason`, everything else that can fail here has a tag. */
const reasonOf = (failure: unknown): string => {
  if (typeof failure !== "object" || failure === null) return "Unknown"
  if ("reason" in failure && typeof failure.reason === "string") return failure.reason
  return "_tag" in failure && typeof failure._tag === "string" ? failure._tag : "Unknown"
}

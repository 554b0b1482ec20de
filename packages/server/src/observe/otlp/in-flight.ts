/**
 * Requests that are under way over one connection. Each ends with an answer, or with what is known of a request that got
 * none; once it has ended, nothing of it is written.
 */
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import { AsyncResource } from "node:async_hooks"
import { wordsOf } from "../catalogue/thrown.ts"
import type { Untraced } from "./untraced.ts"

/**
 * What is known of a request without an answer. `unsent`: nothing of it was written, or to nobody that reads it.
 * `incomplete`: not all of it, so that it was not taken. `unknown`: it may have been taken.
 */
export type Fate = "unsent" | "incomplete" | "unknown"

/** A request that got no answer. */
export class NoAnswer extends Data.TaggedError("NoAnswer")<{
  readonly error: Error
  readonly fate: Fate
  /** The connection had been used before: the other side may have closed it while it was idle. */
  readonly isReused: boolean
  /** The time limit ended it, and not the other side. */
  readonly isLate: boolean
}> {}

/** A way to send to one receiver. */
export interface Connection<A> {
  /** Sends a body, and waits for the answer no longer than so many milliseconds, in real time. */
  readonly post: (body: Body, limitMs: number) => Effect.Effect<A, NoAnswer>
  /** Ends what is in flight. */
  readonly giveUp: (why: string) => void
  /** Ends what is in flight, and everything that is asked for later, with this reason. */
  readonly close: (why: string) => void
}

/** What is sent, and how it is encoded. */
export interface Body {
  readonly bytes: Uint8Array
  readonly headers: Readonly<Record<string, string>>
}

/** One request. It ends once. */
export interface Attempt {
  /** Sends it, and waits no longer than so many milliseconds, in real time. It may throw what is wrong with settings. */
  readonly begin: (limitMs: number) => void
  /** Ends it now, in whatever state it is; nothing of it is written afterwards. */
  readonly giveUp: (why: string) => void
}

/** What carries requests. */
export interface Carrier<A> {
  /** Brings certificates up to date. */
  readonly renewed: Effect.Effect<void>
  readonly attempt: (body: Body, done: (end: Effect.Effect<A, NoAnswer>) => void) => Attempt
  readonly close: () => void
}

/** Requests over a carrier. */
export const connectionOver = <A>(carrier: Carrier<A>, untraced: Untraced = (request) => request()): Connection<A> => {
  const inFlight = new Set<Attempt>()
  let closed: Error | undefined
  let givenUp: Error | undefined
  const attempt = (body: Body, limitMs: number): Effect.Effect<A, NoAnswer> =>
    Effect.async((resume) => {
      // What comes afterwards is the program's: it must not run in the context of a request, which is not traced and whose
      // sockets are those of its sender.
      const goOn = AsyncResource.bind(resume)
      const made = carrier.attempt(body, (end) => {
        inFlight.delete(made)
        goOn(end)
      })
      inFlight.add(made)
      const began = Either.try(() => untraced(() => made.begin(limitMs)))
      if (Either.isLeft(began)) {
        made.giveUp(messageOf(began.left))
      }
      return Effect.sync(() => made.giveUp("the export was interrupted"))
    })
  const giveUpAll = (why: string): void => inFlight.forEach((one) => one.giveUp(why))
  return {
    post: (body, limitMs) =>
      Effect.suspend(() => {
        const began = performance.now()
        const before = givenUp
        return Effect.flatMap(carrier.renewed, () => {
          const error = closed ?? (givenUp === before ? undefined : givenUp)
          return error === undefined
            ? attempt(body, Math.round(limitMs - (performance.now() - began)))
            : new NoAnswer({ error, fate: "unsent", isReused: false, isLate: false })
        })
      }),
    giveUp: (why) => {
      givenUp = new Error(why)
      giveUpAll(why)
    },
    close: (why) => {
      closed = new Error(why)
      giveUpAll(why)
      carrier.close()
    }
  }
}

const messageOf = (error: unknown): string => wordsOf(error instanceof Error ? error.message : error)

/** Timers run before sockets are read: what has come in already is read before time is up. */
export const afterReading = (ms: number, late: () => void): NodeJS.Timeout =>
  setTimeout(() => setImmediate(() => setImmediate(late)), Math.max(ms, 0))

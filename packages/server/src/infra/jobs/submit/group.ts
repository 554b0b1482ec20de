/**
 * Writes in groups: what comes while a write is under way goes into the next one. There is no timer, so that whoever
 * comes alone waits for nothing; each is answered after the write that it was part of. What is refused is found by
 * halves, and costs nobody else their write.
 */
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Option from "effect/Option"
import * as Runtime from "effect/Runtime"
import type * as Scope from "effect/Scope"
import { soon } from "../pause.ts"
import { outliving } from "../transaction.ts"

/** How a group writes. */
export interface GroupOptions<In, Out, E> {
  /** Writes all of these or none, and answers in the order given. It is never interrupted. */
  readonly write: (items: ReadonlyArray<In>) => Effect.Effect<ReadonlyArray<Out>, E>
  /**
   * Whether an error is about what was to be written: then it is written in halves, down to the one that is refused.
   */
  readonly isRefused: (error: E) => boolean
  /** The most items of one write. */
  readonly most: number
  /** The size of an item, and the most that one write should have: an item that is larger goes alone. */
  readonly sizeOf: (item: In) => number
  readonly mostSize: number
}

/** What becomes of an item. */
export type Answer<Out, E> = (exit: Exit.Exit<Out, E>) => void

/** Items are written in the order in which they come. */
export interface Group<In, Out, E> {
  /**
   * Hands in an item. What it gives takes the item back, and says whether it was still time to: no write has it then.
   */
  readonly add: (item: In, answer: Answer<Out, E>) => () => boolean
}

/**
 * How long what was handed in may take to be written when the scope closes: a database that is away is not waited for.
 */
const lastWrites = "5 seconds"

/** A group; when the scope closes, what was handed in is written first. */
export const makeGroup = <In, Out, E>(
  options: GroupOptions<In, Out, E>
): Effect.Effect<Group<In, Out, E>, never, Scope.Scope> =>
  Effect.gen(function* () {
    const writes = new Writes(options, yield* outliving(Effect.runtime<never>()))
    // What is released is not interruptible, and no time limit would hold.
    yield* Effect.addFinalizer(() =>
      Effect.flatMap(
        Effect.forkDaemon(Effect.interruptible(Effect.timeoutOption(writes.idle, lastWrites))),
        Fiber.await
      )
    )
    return { add: writes.add }
  })

interface Entry<In, Out, E> {
  readonly item: In
  readonly answer: Answer<Out, E>
  state: "waiting" | "underWay" | "takenBack"
}

class Writes<In, Out, E> {
  private readonly options: GroupOptions<In, Out, E>
  private readonly fork: <A, E2>(effect: Effect.Effect<A, E2>) => { readonly addObserver: (seen: Seen<A, E2>) => void }
  private waiting: Array<Entry<In, Out, E>> = []
  /** Halves of what was refused, the next one last. */
  private readonly halves: Array<ReadonlyArray<Entry<In, Out, E>>> = []
  private isUnderWay = false
  private isScheduled = false
  private readonly idlers: Array<() => void> = []

  constructor(options: GroupOptions<In, Out, E>, runtime: Runtime.Runtime<never>) {
    this.options = options
    this.fork = Runtime.runFork(runtime)
  }

  readonly add = (item: In, answer: Answer<Out, E>): (() => boolean) => {
    const entry: Entry<In, Out, E> = { item, answer, state: "waiting" }
    this.waiting.push(entry)
    this.schedule()
    return () => {
      const isInTime = entry.state === "waiting"
      if (isInTime) {
        entry.state = "takenBack"
      }
      return isInTime
    }
  }

  /** Waits until all is written. */
  readonly idle: Effect.Effect<void> = Effect.async((resume) => {
    this.idlers.push(() => resume(Effect.void))
    this.schedule()
  })

  // After what waits in the event loop, so that callers of the same moment share a write.
  private schedule(): void {
    if (!this.isScheduled && !this.isUnderWay) {
      this.isScheduled = true
      soon(this.next)
    }
  }

  private readonly next = (): void => {
    this.isScheduled = false
    const entries = this.halves.pop() ?? this.take()
    if (entries.length > 0) {
      this.write(entries)
    } else if (this.waiting.length > 0) {
      this.schedule()
    } else {
      for (const idle of this.idlers.splice(0)) {
        idle()
      }
    }
  }

  private take(): ReadonlyArray<Entry<In, Out, E>> {
    const { most, mostSize, sizeOf } = this.options
    const taken: Array<Entry<In, Out, E>> = []
    let size = 0
    let seen = 0
    for (const entry of this.waiting) {
      const own = entry.state === "waiting" ? sizeOf(entry.item) : 0
      if (taken.length >= most || (taken.length > 0 && size + own > mostSize)) {
        break
      }
      seen += 1
      size += own
      if (entry.state === "waiting") {
        entry.state = "underWay"
        taken.push(entry)
      }
    }
    this.waiting = seen === this.waiting.length ? [] : this.waiting.slice(seen)
    return taken
  }

  private write(entries: ReadonlyArray<Entry<In, Out, E>>): void {
    this.isUnderWay = true
    const items = entries.map(({ item }) => item)
    this.fork(Effect.suspend(() => this.options.write(items))).addObserver((exit) => {
      this.isUnderWay = false
      this.answer(entries, exit)
      this.schedule()
    })
  }

  private answer(entries: ReadonlyArray<Entry<In, Out, E>>, exit: Exit.Exit<ReadonlyArray<Out>, E>): void {
    if (Exit.isSuccess(exit)) {
      entries.forEach(({ answer }, index) => {
        const out = exit.value[index]
        answer(
          out === undefined ? Exit.die(new Error("A write gave fewer answers than it had items")) : Exit.succeed(out)
        )
      })
    } else if (entries.length > 1 && Option.exists(Cause.failureOption(exit.cause), this.options.isRefused)) {
      const half = Math.ceil(entries.length / 2)
      this.halves.push(entries.slice(half), entries.slice(0, half))
    } else {
      for (const { answer } of entries) {
        answer(Exit.failCause(exit.cause))
      }
    }
  }
}

type Seen<A, E> = (exit: Exit.Exit<A, E>) => void

/**
 * Handlers at work. The fiber of an attempt ends with its handler; what becomes of the job is a record that waits for
 * its group. A handler that was interrupted and does not end is left to itself.
 */
import * as Arr from "effect/Array"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as FiberId from "effect/FiberId"
import type * as Fiber from "effect/Fiber"
import * as FiberRef from "effect/FiberRef"
import * as FiberRefs from "effect/FiberRefs"
import * as HashMap from "effect/HashMap"
import * as Random from "effect/Random"
import * as Scope from "effect/Scope"
import { carriedBaggage } from "../baggage.ts"
import { type Attempt, AttemptFailed } from "../definition/attempt.ts"
import { pauseAfter } from "../definition/backoff.ts"
import { sliceMs } from "../pause.ts"
import type { HeldJob } from "../store/operations.ts"
import { Deadlines } from "./deadlines.ts"
import type { Ends } from "./ends.ts"
import type { Places } from "./places.ts"
import type { HandlerExit, Order, Run } from "./run.ts"
import { Progress } from "./progress.ts"
import { conclude } from "./settlement.ts"
import { type AttemptTrace, isTraced, type TraceMode } from "../spans.ts"
import { spanFrom, traceparentOf } from "../trace-context.ts"
import type { RunnerState } from "./state.ts"

/** The attempts of a runner. */
export class Attempts {
  private readonly state: RunnerState
  private readonly ends: Ends
  private readonly deadlines: Deadlines
  private readonly progress: Progress
  private readonly trace: TraceMode | undefined
  /** Which type is first in the next turn, so that each has its turn. */
  private first = 0
  private readonly working = new Set<Run>()
  /** Of attempts to come. */
  private scopes: Array<Scope.CloseableScope> = []

  constructor(state: RunnerState, ends: Ends) {
    this.state = state
    this.ends = ends
    this.deadlines = new Deadlines(state, (run) => this.stop(run, "timedOut"))
    this.progress = new Progress(state, (run) => this.stop(run, "lost"))
    this.trace = isTraced(state.runtime.fiberRefs) ? state.settings.trace : undefined
  }

  /** Whether no handler is at work that is not left to itself. */
  get areOver(): boolean {
    return this.working.size === 0
  }

  /** Whether nothing is at work, and nothing ready that would be. */
  get isIdle(): boolean {
    return this.areOver && Array.from(this.state.places.values()).every(({ ready }) => ready.length === 0)
  }

  /** Begins what is ready, for as long as there are places and time. */
  readonly turn = (): void => {
    const life = this.state.living(this.state.now())
    if (life === undefined || this.state.isAlone) {
      return
    }
    const all = Array.from(this.state.places.values())
    const until = performance.now() + sliceMs
    for (let nth = 0; nth < all.length; nth += 1) {
      const places = all[(this.first + nth) % all.length]
      if (places !== undefined && this.fill(places, until)) {
        this.first = (this.first + nth + 1) % all.length
        this.state.wake()
        return
      }
    }
  }

  /** Whether the time was over before all was begun. */
  private fill(places: Places, until: number): boolean {
    while (places.ready.length > 0 && places.free > 0 && !this.ends.isFull) {
      const run = places.ready.shift()
      if (run !== undefined) {
        this.begin(run)
      }
      if (performance.now() > until) {
        return true
      }
    }
    return false
  }

  begin(run: Run): void {
    const now = this.state.now()
    run.stage = "working"
    run.beganAt = now
    run.places.used += 1
    this.working.add(run)
    this.state.recorder.begin(run, now, this.trace === undefined ? undefined : spanFrom(run.job))
    const refused = tooLong("payload", run.job.payload, this.state.settings.maxPayloadLength)
    if (refused !== undefined) {
      this.ended(run, Exit.fail(refused))
      return
    }
    const fiber = this.fork(run)
    run.fiber = fiber
    fiber.addObserver((exit) => this.ended(run, exit))
    if (isWorking(run)) {
      this.deadlines.add(run)
    }
  }

  /** Interrupts a handler; the first order counts, unless the job is lost since. */
  stop(run: Run, order: Order): void {
    if (run.stage !== "working") {
      return
    }
    const isFirst = run.order === undefined
    run.order = isFirst || order === "lost" ? order : run.order
    if (isFirst) {
      this.deadlines.remove(run)
      run.grace = this.state.after(Duration.toMillis(this.state.settings.interruptGrace), () => this.abandon(run))
      run.fiber?.unsafeInterruptAsFork(FiberId.none)
    }
  }

  /** Interrupts those that are meant, so that their jobs go on elsewhere. */
  stopAll(isMeant: (run: Run) => boolean): void {
    for (const run of this.working) {
      if (isMeant(run)) {
        this.stop(run, "handedOver")
      }
    }
  }

  private fork(run: Run): Fiber.RuntimeFiber<string, AttemptFailed> {
    const { job, places } = run
    const { handler } = places
    const attempt: Attempt = {
      jobId: job.id,
      jobType: job.type,
      priority: job.priority,
      attempt: job.attempt,
      maxAttempts: job.maxAttempts ?? handler.maxAttempts,
      isRedelivered: job.isRedelivered,
      acceptedAt: job.acceptedAt,
      traceparent: job.traceparent,
      tracestate: job.tracestate,
      progress: (ratio, note) => Effect.sync(() => this.progress.say(run, ratio, note))
    }
    return handler.fork(job.payload, attempt, {
      runtime: this.state.runtime,
      scope: this.scopes.pop() ?? this.moreScopes(),
      trace: this.trace === undefined ? undefined : traceOf(run, this.trace),
      baggage: carriedBaggage(job.baggage, this.state.settings.baggage),
      updateRefs: (references, fiberId) =>
        FiberRefs.updateAs(references, {
          fiberId,
          fiberRef: FiberRef.currentLogAnnotations,
          value: annotated(FiberRefs.getOrDefault(references, FiberRef.currentLogAnnotations), job)
        })
    })
  }

  /** Scopes are made many at a time, as that takes a fiber. */
  private moreScopes(): Scope.CloseableScope {
    const [first, ...others] = this.state.make(Effect.all(scopes))
    this.scopes = others
    return first
  }

  /** The handler has ended, or the fiber of one that was left to itself. */
  private ended(run: Run, exit: HandlerExit): void {
    if (run.stage === "working") {
      run.grace?.unsafeInterruptAsFork(FiberId.none)
      this.deadlines.remove(run)
      this.left(run, exit)
    } else {
      run.places.abandoned -= 1
    }
  }

  private abandon(run: Run): void {
    if (run.stage === "working") {
      run.places.abandoned += 1
      this.state.fork(
        Effect.logWarning(
          `A handler of "${run.job.type}" did not end when it was interrupted (${run.order}); it is left to itself`
        ).pipe(Effect.annotateLogs({ jobId: run.job.id }))
      )
      this.left(run, undefined)
    }
  }

  /** Its place is free again. */
  private left(run: Run, exit: HandlerExit | undefined): void {
    const { job, order, places } = run
    const now = this.state.now()
    places.used -= 1
    this.working.delete(run)
    places.ended(now - run.beganAt, now)
    run.watch?.stop(now)
    run.fiber = undefined
    if (run.isLost) {
      run.leave()
      run.watch?.endUncounted()
      this.state.wake()
      return
    }
    const conclusion = conclude(exit === undefined ? exit : this.bounded(exit), order, {
      attempt: job.attempt,
      maxAttempts: job.maxAttempts ?? places.handler.maxAttempts,
      pauseMs: () => pauseAfter(job.attempt, job.backoff ?? places.backoff, this.state.make(Random.next))
    })
    // One that did not end is of no attempt that could be linked to.
    this.ends.add(run, conclusion, exit === undefined || run.span === undefined ? undefined : traceparentOf(run.span))
  }

  /** What is too long to be kept is a failure, or at least left out. */
  private bounded(exit: HandlerExit): HandlerExit {
    const { maxPayloadLength: most } = this.state.settings
    if (Exit.isSuccess(exit)) {
      const refused = tooLong("result", exit.value, most)
      return refused === undefined ? exit : Exit.fail(refused)
    }
    return Exit.mapError(exit, (failure) =>
      (failure.encoded?.length ?? 0) > most
        ? new AttemptFailed({ reason: failure.reason, message: failure.message, isRetryable: failure.isRetryable })
        : failure
    )
  }
}

const traceOf = (run: Run, mode: TraceMode): AttemptTrace => ({
  mode,
  lastTraceparent: run.job.lastTraceparent,
  replayTraceparent: run.job.replayTraceparent,
  spanned: (span) => {
    run.span = span
    if (run.watch !== undefined) {
      run.watch.span = span
    }
  }
})

const scopes: Arr.NonEmptyReadonlyArray<Effect.Effect<Scope.CloseableScope>> = Arr.makeBy(64, () => Scope.make())

const annotated = (
  annotations: HashMap.HashMap<string, unknown>,
  { attempt, id, type }: HeldJob
): HashMap.HashMap<string, unknown> =>
  HashMap.set(HashMap.set(HashMap.set(annotations, "jobId", id), "jobType", type), "attempt", attempt)

const isWorking = ({ stage }: Run): boolean => stage === "working"

const tooLong = (what: "payload" | "result", text: string, most: number): AttemptFailed | undefined =>
  text.length > most
    ? new AttemptFailed({
        reason: "Validation",
        message: `The ${what} has ${text.length} characters; the limit is ${most}`,
        isRetryable: false
      })
    : undefined

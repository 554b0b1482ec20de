/**
 * Jobs that were at work when their runner died run again alone, one at a time: the one that takes down its runner
 * harms nothing else, and only what it does alone counts against it. What survives its probation goes on as any other
 * job.
 */
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Option from "effect/Option"
import type { ClusterLimits } from "../definition/limits.ts"
import type { HeldJob, TypeClaim } from "../store/operations.ts"
import { Alarm } from "./alarm.ts"
import type { Attempts } from "./attempts.ts"
import type { Claims } from "./claims.ts"
import type { Ends } from "./ends.ts"
import type { Places } from "./places.ts"
import type { Life, Run } from "./run.ts"
import type { RunnerState } from "./state.ts"

/** What is asked for at once. */
interface Ask {
  readonly types: ReadonlyArray<TypeClaim>
  readonly limits: ClusterLimits | undefined
}

const typeOf = ({ handler: { type } }: Places): TypeClaim => ({ type, most: 1 })

/** A suspect, from its claim to the end of its probation. */
interface Probation {
  readonly run: Run
  /** How long it lasts, and how long what runs may take to end before. */
  readonly ms: number
  readonly since: number
  /** When it was marked as started; undefined while others still run. */
  begun: { readonly at: number; readonly isAlone: boolean } | undefined
}

/** The suspects of a runner. */
export class Suspects {
  private readonly state: RunnerState
  private readonly claims: Claims
  private readonly attempts: Attempts
  private readonly ends: Ends
  private readonly alarm: Alarm
  private isUnderWay = false
  private isToLook = false
  private turns = 0
  private current: Probation | undefined = undefined
  /** Others have the runner until then. */
  private notBefore = 0

  constructor(
    state: RunnerState,
    parts: { readonly claims: Claims; readonly attempts: Attempts; readonly ends: Ends }
  ) {
    this.state = state
    this.claims = parts.claims
    this.attempts = parts.attempts
    this.ends = parts.ends
    this.alarm = new Alarm(state, state.wake)
  }

  /** There may be one. */
  look(): void {
    this.isToLook = true
    this.state.wake()
  }

  readonly turn = (): void => {
    const now = this.state.now()
    if (this.current !== undefined) {
      this.go(this.current, now)
    } else if (this.isToLook && !this.isUnderWay && now >= this.notBefore && !this.state.isStopping) {
      this.claim(now)
    }
  }

  private claim(now: number): void {
    const { state } = this
    const life = state.living(now)
    const open = Array.from(state.places.values()).filter(
      ({ free, isOpen, isPaused }) => isOpen && !isPaused && free > 0
    )
    if (life === undefined || open.length === 0 || state.owned.size === 0) {
      return
    }
    this.isToLook = false
    const unlimited = open.filter(({ handler: { limits } }) => limits === undefined)
    const asks: ReadonlyArray<Ask> = [
      ...(unlimited.length === 0 ? [] : [{ types: unlimited.map(typeOf), limits: undefined }]),
      ...open
        .filter(({ handler: { limits } }) => limits !== undefined)
        .map((places) => ({ types: [typeOf(places)], limits: places.handler.limits }))
    ]
    // Each is first in its turn.
    const first = this.turns % asks.length
    this.turns += 1
    this.ask(life, [...asks.slice(first), ...asks.slice(0, first)])
  }

  /** Asks for one after the other until there is a suspect: a type with limits is asked for by itself. */
  private ask(life: Life, [next, ...others]: ReadonlyArray<Ask>): void {
    const { state } = this
    if (next === undefined || life.isOver) {
      return
    }
    this.isUnderWay = true
    state.ask(state.tables.claimSuspect(this.claims.request(life, next.types, 1), next.limits), (exit) => {
      this.isUnderWay = false
      if (Exit.isFailure(exit)) {
        state.fork(Effect.logWarning("Suspects could not be claimed", exit.cause))
      } else if (Option.isNone(exit.value)) {
        this.ask(life, others)
      } else if (!life.isOver) {
        this.begin(exit.value.value)
      }
    })
  }

  private begin(job: HeldJob): void {
    const { state } = this
    const { life } = state
    const [run] = life === undefined ? [] : this.claims.accept(life, [job])
    if (run === undefined || run.stage !== "suspect") {
      return
    }
    const since = state.now()
    this.current = { run, ms: probationMs(job.deaths), since, begun: undefined }
    state.isQuiet = true
    this.alarm.set(since + this.current.ms)
  }

  private go(probation: Probation, now: number): void {
    const { begun, ms, run, since } = probation
    if (run.stage === "gone" || run.stage === "ending") {
      this.over(probation, now)
    } else if (begun !== undefined) {
      if (now - begun.at >= ms) {
        this.acquit(probation)
        this.over(probation, now)
      }
    } else if (!this.isUnderWay) {
      const isAlone = this.attempts.isIdle && !this.claims.isClaiming
      if (!this.isWanted(run)) {
        this.ends.release(run)
      } else if (isAlone || now - since >= ms) {
        this.start(probation, isAlone)
      }
    }
  }

  private start(probation: Probation, isAlone: boolean): void {
    const { run } = probation
    if (run.places.used >= run.places.handler.concurrency) {
      // Nothing of its type ends: it gets its turn later.
      this.ends.release(run)
      return
    }
    this.isUnderWay = true
    this.state.isAlone = true
    this.claims.giveBack()
    run.stage = "marking"
    const fence = { id: run.job.id, run: run.job.run }
    this.state.ask(this.state.tables.start(run.life.id, [fence], isAlone), (exit) => {
      this.isUnderWay = false
      const isMarked = Exit.isSuccess(exit) && exit.value.length > 0
      if (!isMarked) {
        // What became of it, the heartbeat's look at what is held finds out.
        run.leave()
      } else if (run.isLost) {
        run.stage = "ready"
        this.ends.forgo(run)
      } else if (!this.isWanted(run)) {
        run.stage = "ready"
        this.ends.release(run)
      } else {
        const at = this.state.now()
        probation.begun = { at, isAlone }
        this.alarm.set(at + probation.ms)
        this.attempts.begin(run)
      }
    })
  }

  private isWanted({ places }: Run): boolean {
    return !this.state.isStopping && places.isOpen
  }

  private acquit({ begun, run }: Probation): void {
    if (begun?.isAlone === true && run.stage === "working") {
      this.state.ask(this.state.tables.acquit(run.life.id, { id: run.job.id, run: run.job.run }), (exit) => {
        if (Exit.isFailure(exit)) {
          this.state.fork(Effect.logWarning("The end of a probation could not be written", exit.cause))
        }
      })
    }
  }

  /** Others have the runner for as long as this took. */
  private over({ since }: Probation, now: number): void {
    this.current = undefined
    this.state.isQuiet = false
    this.state.isAlone = false
    this.notBefore = now + (now - since)
    this.isToLook = true
    this.alarm.set(this.notBefore)
    this.state.wake()
  }
}

/** A second for the first death, twice as long for each further one, a minute at most. */
export const probationMs = (deaths: number): number => Math.min(60_000, 1000 * Math.pow(2, Math.max(0, deaths - 1)))

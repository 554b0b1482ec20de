/**
 * Takes jobs from the tables into the buffer: one claim at a time, of all types that have room, once enough of it is
 * free. A type of which nothing was left is not asked for again before there may be more.
 */
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import type { Claimed, ClaimRequest, HeldJob, TypeClaim } from "../store/operations.ts"
import { Alarm } from "./alarm.ts"
import { LookAhead } from "./look-ahead.ts"
import type { Ends } from "./ends.ts"
import { mostBuffered, type Places } from "./places.ts"
import { type Life, Run } from "./run.ts"
import type { RunnerState } from "./state.ts"

/** What is asked for, and of whom. */
interface Asked {
  readonly request: ClaimRequest
  /** The one type, where it has limits across the cluster. */
  readonly limited: Places | undefined
}

/** The claims of a runner. */
export class Claims {
  private readonly state: RunnerState
  private readonly ends: Ends
  private readonly due: Alarm
  private readonly ahead: LookAhead
  private isUnderWay = false
  /** Told of work while a claim was under way, which may have missed it. */
  private isToldMeanwhile = false
  private isLimitedNext = false
  private notBefore = 0
  /** Cancelled while a statement is under way that may still bring the job. */
  private readonly cancelled = new Set<string>()

  constructor(state: RunnerState, ends: Ends) {
    this.state = state
    this.ends = ends
    this.due = new Alarm(state, () => this.told())
    this.ahead = new LookAhead(state, (ms) => this.dueIn(ms))
  }

  /** Whether a claim is under way. */
  get isClaiming(): boolean {
    return this.isUnderWay
  }

  /** There may be work of any type. */
  told(): void {
    this.isToldMeanwhile = this.isUnderWay
    for (const places of this.state.places.values()) {
      places.isDry = false
    }
    this.state.wake()
  }

  /** A job will be due in so many milliseconds. */
  dueIn(ms: number): void {
    this.due.set(this.state.now() + ms)
  }

  /** A job was cancelled: if a claim brings it now, it is not held any more. */
  noteCancelled(id: string): void {
    if (this.isUnderWay) {
      this.cancelled.add(id)
    }
  }

  readonly turn = (): void => {
    const { state } = this
    const now = state.now()
    const life = state.living(now)
    if (life === undefined || this.isUnderWay || state.isStopping || state.isQuiet || now < this.notBefore) {
      return
    }
    const asked = state.owned.size === 0 ? undefined : this.next(life, now)
    if (asked !== undefined) {
      this.claim(life, asked)
    }
  }

  /** The request for a life; types are added to it. */
  request(life: Life, types: ReadonlyArray<TypeClaim>, most: number): ClaimRequest {
    const { owned, settings } = this.state
    return {
      runnerId: life.id,
      leaseMs: Duration.toMillis(settings.lease),
      partitions: settings.partitions,
      owned: owned.size >= settings.partitions ? undefined : Array.from(owned.keys()),
      types,
      most
    }
  }

  /** Takes over what was claimed; gives back what there is no handler for any more. */
  accept(life: Life, jobs: ReadonlyArray<HeldJob>): ReadonlyArray<Run> {
    const { ends, state } = this
    const claimedAt = state.now()
    const taken: Array<Run> = []
    const byPlaces = new Map<Places, Array<Run>>()
    for (const job of jobs) {
      const places = state.places.get(job.type)
      if (places === undefined || this.cancelled.has(job.id)) {
        this.drop([job])
        continue
      }
      const run = new Run(job, life, { claimedAt, places })
      life.runs.add(run)
      taken.push(run)
      if (run.stage === "ready") {
        const some = byPlaces.get(places) ?? []
        byPlaces.set(places, some)
        some.push(run)
      }
    }
    byPlaces.forEach((some, places) => places.take(some))
    for (const run of taken) {
      if (state.isStopping || state.isAlone || state.places.get(run.job.type)?.isOpen !== true) {
        ends.release(run)
      }
    }
    return taken
  }

  /** Gives back all that is buffered. */
  giveBack(): void {
    for (const { ready } of this.state.places.values()) {
      for (const run of ready) {
        this.ends.release(run)
      }
    }
  }

  /** What is not held any more, though the tables may say that it has begun. */
  drop(jobs: ReadonlyArray<HeldJob>): void {
    for (const job of jobs) {
      if (job.isStarted) {
        this.state.recorder.neverBegun({ job })
      }
    }
  }

  private next(life: Life, now: number): Asked | undefined {
    const all = Array.from(this.state.places.values()).filter((places) => places.isAskedFor)
    const free = this.unlimited(life, all, now)
    const limited = this.limited(life, all, now)
    const first = this.isLimitedNext ? (limited ?? free) : (free ?? limited)
    this.isLimitedNext = first === free
    return first
  }

  private unlimited(life: Life, all: ReadonlyArray<Places>, now: number): Asked | undefined {
    const types: Array<TypeClaim> = []
    let isLow = false
    let free = 0
    let buffered = 0
    for (const places of all) {
      const wanted = places.wanted(now)
      buffered += places.ready.length
      if (places.handler.limits === undefined && wanted.most > 0) {
        isLow ||= wanted.isLow
        free += places.free
        types.push({ type: places.handler.type, most: wanted.most })
      }
    }
    const most = Math.min(this.state.tables.groupSize, Math.max(free, mostBuffered - buffered))
    return isLow ? { request: this.request(life, types, most), limited: undefined } : undefined
  }

  private limited(life: Life, all: ReadonlyArray<Places>, now: number): Asked | undefined {
    let first: Places | undefined
    for (const places of all) {
      const isMeant = places.handler.limits !== undefined && places.wanted(now).most > 0
      // Each in its turn: one that always has work would keep the others from theirs.
      if (isMeant && (first === undefined || places.askedAt < first.askedAt)) {
        first = places
      }
    }
    if (first === undefined) {
      return undefined
    }
    const { most } = first.wanted(now)
    return { request: this.request(life, [{ type: first.handler.type, most }], most), limited: first }
  }

  private claim(life: Life, { limited, request }: Asked): void {
    const { state } = this
    const { limits } = limited?.handler ?? {}
    const statement = limits === undefined ? state.tables.claim(request) : state.tables.claimLimited(request, limits)
    this.isUnderWay = true
    this.isToldMeanwhile = false
    if (limited !== undefined) {
      limited.askedAt = state.now()
    }
    state.ask(statement, (exit) => {
      this.isUnderWay = false
      if (Exit.isFailure(exit)) {
        this.notBefore = state.now() + 1000
        state.after(1000, state.wake)
        state.fork(Effect.logWarning("Jobs could not be claimed; trying again in a second", exit.cause))
      } else if (life.isOver) {
        this.drop(exit.value.jobs)
      } else {
        this.claimed(life, request, exit.value)
      }
      this.cancelled.clear()
    })
  }

  private claimed(life: Life, request: ClaimRequest, { againMs, jobs }: Claimed): void {
    this.accept(life, jobs)
    if (againMs !== undefined) {
      this.dueIn(againMs)
    } else if (jobs.length < request.most) {
      this.ahead.look()
    }
    if (this.isToldMeanwhile || jobs.length >= request.most) {
      return
    }
    const counts = new Map<string, number>()
    for (const { type } of jobs) {
      counts.set(type, (counts.get(type) ?? 0) + 1)
    }
    for (const { most, type } of request.types) {
      const places = this.state.places.get(type)
      if (places !== undefined && (counts.get(type) ?? 0) < most) {
        places.isDry = true
      }
    }
  }
}

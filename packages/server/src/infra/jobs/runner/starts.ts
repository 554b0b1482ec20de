/** Marks buffered jobs as started, ahead of the places that they will have: what is not marked is no attempt yet. */
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import type { Fence } from "../store/operations.ts"
import type { Ends } from "./ends.ts"
import type { Home, Run } from "./run.ts"
import type { RunnerState } from "./state.ts"

/** The starts of a runner. */
export class Starts {
  private readonly state: RunnerState
  private readonly ends: Ends
  private isUnderWay = false
  /** Of these it is not known whether they are marked: their rows were locked, or the answer was lost. */
  private unsure: Array<Run> = []

  constructor(state: RunnerState, ends: Ends) {
    this.state = state
    this.ends = ends
  }

  /** Whether a statement is under way. */
  get isMarking(): boolean {
    return this.isUnderWay
  }

  readonly turn = (): void => {
    const now = this.state.now()
    const life = this.state.living(now)
    if (life === undefined || this.isUnderWay || this.state.isStopping || this.state.isQuiet) {
      return
    }
    const group: Array<Run> = []
    for (const places of this.state.places.values()) {
      const some = places.isPaused ? [] : places.waiting.splice(0, places.markable(now))
      places.marking += some.length
      group.push(...some)
    }
    if (group.length === 0) {
      return
    }
    for (const run of group) {
      run.stage = "marking"
    }
    this.isUnderWay = true
    this.state.ask(this.state.tables.start(life.id, group.map(fenceOf), false), (exit) => {
      this.isUnderWay = false
      if (Exit.isFailure(exit)) {
        this.state.fork(Effect.logWarning(`The starts of ${group.length} jobs were not answered`, exit.cause))
      }
      this.marked(group, new Set(Exit.isSuccess(exit) ? exit.value : []))
    })
  }

  /** What the tables say of those that were not sure: whether each is still held, and marked. */
  learn(whether: (run: Run) => "marked" | "unmarked" | "lost"): void {
    const before = this.unsure
    this.unsure = []
    for (const run of before) {
      if (run.stage === "gone") {
        continue
      }
      const is = whether(run)
      if (is === "lost") {
        run.leave()
      } else {
        this.place([run], is === "marked" ? "ready" : "waiting")
      }
    }
  }

  private marked(group: ReadonlyArray<Run>, ids: ReadonlySet<string>): void {
    const marked: Array<Run> = []
    for (const run of group) {
      run.places.marking -= 1
      if (run.stage === "gone") {
        continue
      }
      run.stage = "waiting"
      if (ids.has(run.job.id)) {
        marked.push(run)
      } else if (run.order === "cancelled") {
        run.leave()
      } else {
        this.unsure.push(run)
      }
    }
    this.place(marked, "ready")
  }

  /** Into the buffer, or back to the tables where it is not wanted any more. */
  private place(runs: ReadonlyArray<Run>, where: "waiting" | "ready"): void {
    const byPlaces = new Map<Home, Array<Run>>()
    for (const run of runs) {
      run.stage = where
      if (run.isLost) {
        this.ends.forgo(run)
      } else if (this.state.isStopping || !run.places.isOpen) {
        this.ends.release(run)
      } else {
        const some = byPlaces.get(run.places) ?? []
        byPlaces.set(run.places, some)
        some.push(run)
      }
    }
    for (const [places, some] of byPlaces) {
      places.take(some, where)
    }
  }
}

const fenceOf = ({ job: { id, run } }: Run): Fence => ({ id, run })

/**
 * What was bound is found again by the values of its labels and the identity of the ambient labels, which Effect keeps
 * stable within one `Effect.tagMetrics`. Bounded, and forgotten when series are removed.
 */
import { detached } from "../catalogue/clean-text.ts"
import { maxValueLength } from "../catalogue/label.ts"
import type { Ambient } from "./label.ts"
import { defaultLimit } from "../catalogue/row.ts"

/** Grows when series are removed: what was bound before must be bound again. */
export interface Epoch {
  readonly epoch: number
}

/** What was bound, as a tree: a branch for each set of ambient labels, and in it one for each value of a label. */
export class Bindings<A> {
  private readonly meter: Epoch
  private epoch: number
  private root = new Branch<A>()
  private byAmbient = new WeakMap<Ambient, Branch<A>>()

  constructor(meter: Epoch) {
    this.meter = meter
    this.epoch = meter.epoch
  }

  /** The branch of these ambient labels. */
  under(ambient: Ambient): Branch<A> {
    const { epoch } = this.meter
    if (this.epoch !== epoch) {
      this.epoch = epoch
      this.root = new Branch()
      this.byAmbient = new WeakMap()
    }
    if (ambient.length === 0) {
      return this.root
    }
    const known = this.byAmbient.get(ambient)
    if (known !== undefined) {
      return known
    }
    const made = new Branch<A>()
    this.byAmbient.set(ambient, made)
    return made
  }
}

/**
 * A place in the tree, with what was bound there. All branches of one set of ambient labels share one limit: past it the
 * series themselves fold into one, so that what is not kept costs time but no memory. Neither is a value that is too
 * long to be a label's.
 */
export class Branch<A> {
  bound: A | undefined = undefined
  private branches: Map<string | undefined, Branch<A>> | undefined = undefined
  private readonly room: Room

  constructor(room: Room = { left: defaultLimit }) {
    this.room = room
  }

  /** The branch of a value. */
  at(value: string | undefined): Branch<A> {
    const known = this.branches?.get(value)
    if (known !== undefined) {
      return known
    }
    const made = new Branch<A>(this.room)
    if (this.room.left > 0 && (value === undefined || isShort(value))) {
      this.room.left -= 1
      this.branches ??= new Map()
      this.branches.set(value === undefined ? value : detached(value), made)
    }
    return made
  }
}

const isShort = (value: string): boolean => typeof value === "string" && value.length <= maxValueLength

interface Room {
  left: number
}

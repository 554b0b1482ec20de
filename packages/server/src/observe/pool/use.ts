/** What is known of one pool: its items, who has them, and how long one waited and had them. */
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import { success } from "../catalogue/outcome.ts"
import { bind, bindForGood, type BoundSeries } from "../instrument/bind.ts"
import { currentFiber } from "../instrument/fiber.ts"
import type { PoolHandles } from "../instrument/handles/pool.ts"
import type { Meter } from "../instrument/meter.ts"
import { ofCause } from "../track/outcome-of.ts"
import { timer, Watch, type Watcher } from "../track/watch.ts"

/** Where a pool records. */
export interface UseOptions {
  readonly handles: PoolHandles
  readonly meter: Meter
  readonly name: string
}

/** Items of one value: how many there are, as far as is known, and how many times somebody has them. */
interface Item {
  made: number
  held: number
}

/** The use of one pool. */
export class Use {
  private readonly waiting: BoundSeries
  private readonly waits: Watcher
  private readonly uses: Watcher
  private readonly byValue = new Map<unknown, Item>()
  private isMadeHere = false

  constructor({ handles, meter, name }: UseOptions) {
    this.waiting = bindForGood(handles.waiting, { pool: name })
    const useDuration = bindForGood(handles.useDuration, { pool: name })
    this.waits = timer({ site: "pool", meter }, (outcome) => bind(handles.waitDuration, { pool: name, outcome }))
    this.uses = { site: "pool", meter, ended: (_, seconds) => useDuration.record(seconds) }
  }

  /** The items by state. Of items that are not made here, those that nobody has are not known. */
  items(): { readonly idle: number; readonly used: number } {
    let [idle, used] = [0, 0]
    for (const { held, made } of this.byValue.values()) {
      const now = this.isMadeHere ? Math.min(made, held) : held
      used += now
      idle += Math.max(0, made - now)
    }
    return { idle, used }
  }

  /** Makes an item, which counts until its scope closes. */
  acquire<A, E, R>(acquire: Effect.Effect<A, E, R>): Effect.Effect<A, E, R | Scope.Scope> {
    this.isMadeHere = true
    return Effect.uninterruptibleMask((restore) =>
      Effect.tap(restore(acquire), (value) => {
        this.change(value, { made: 1, held: 0 })
        return Effect.addFinalizer(() => Effect.sync(() => this.change(value, { made: -1, held: 0 })))
      })
    )
  }

  /** Waits for an item, and has it until the scope closes. */
  get<A, E, R>(get: Effect.Effect<A, E, R>): Effect.Effect<A, E, R | Scope.Scope> {
    return Effect.uninterruptibleMask((restore) => {
      const fiber = currentFiber()
      const wait = new Watch(this.waits, fiber)
      this.waiting.add(1)
      return Effect.matchCauseEffect(restore(get), {
        onFailure: (cause) => {
          this.waiting.add(-1)
          wait.end(ofCause(cause))
          return Effect.failCause(cause)
        },
        onSuccess: (value) => {
          this.waiting.add(-1)
          wait.end(success)
          const use = new Watch(this.uses, fiber)
          this.change(value, { made: 0, held: 1 })
          return Effect.as(
            Effect.addFinalizer(() =>
              Effect.sync(() => {
                use.end(success)
                this.change(value, { made: 0, held: -1 })
              })
            ),
            value
          )
        }
      })
    })
  }

  private change(value: unknown, { held, made }: Item): void {
    const item = this.byValue.get(value) ?? { made: 0, held: 0 }
    item.made += made
    item.held += held
    if (item.made === 0 && item.held === 0) {
      this.byValue.delete(value)
    } else {
      this.byValue.set(value, item)
    }
  }
}

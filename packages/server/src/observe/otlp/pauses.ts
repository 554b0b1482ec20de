/** Waits between attempts. */
import * as Effect from "effect/Effect"

/** Waits that end early when they are told to, also where nothing can be interrupted. */
export class Pauses {
  isOver = false
  /** How often they were ended. */
  ended = 0
  private readonly waiting = new Set<() => void>()

  wait(ms: number): Effect.Effect<void> {
    return Effect.async((resume) => {
      const end = (): void => {
        clearTimeout(timer)
        this.waiting.delete(end)
        resume(Effect.void)
      }
      const timer = setTimeout(end, this.isOver ? 0 : ms)
      this.waiting.add(end)
      return Effect.sync(end)
    })
  }

  end(): void {
    this.ended += 1
    this.waiting.forEach((end) => end())
  }
}

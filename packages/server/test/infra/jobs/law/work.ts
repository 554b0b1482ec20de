/** The job of random programs: what it does is in its payload, beside a number that is its own. */
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { Job } from "../../../../src/infra/jobs.ts"

export const behaviours = [
  "succeed",
  "fail",
  "failOnce",
  "die",
  "hang",
  "slow",
  "interrupt",
  "stubborn",
  "invalid",
  "finalizer"
] as const
export type Behaviour = (typeof behaviours)[number]

export class Sour extends Schema.TaggedError<Sour>()("Sour", {}) {}

export const Work = Job.make({
  type: "work",
  payload: Schema.Struct({ behaviour: Schema.Literal(...behaviours), n: Schema.Number }),
  success: Schema.Number.pipe(Schema.positive()),
  error: Sour,
  maxAttempts: 3,
  timeout: "300 millis",
  backoff: { base: "20 millis", max: "60 millis" },
  concurrency: 5
})

/** How long what is slow takes, and what can't be interrupted. */
export interface Durations {
  readonly slow: Duration.DurationInput
  readonly stubborn: Duration.DurationInput
}

/** A handler that behaves as it is told. */
export const behaving =
  ({ slow, stubborn }: Durations) =>
  (behaviour: Behaviour, attempt: number): Effect.Effect<number, Sour> => {
    switch (behaviour) {
      case "succeed":
        return Effect.succeed(1)
      case "fail":
        return new Sour()
      case "failOnce":
        return attempt === 1 ? new Sour() : Effect.succeed(1)
      case "die":
        throw new RangeError("out of range")
      case "hang":
        return Effect.never
      case "slow":
        return Effect.delay(Effect.succeed(1), slow)
      case "interrupt":
        return Effect.interrupt
      case "stubborn":
        return Effect.uninterruptible(Effect.delay(Effect.succeed(1), stubborn))
      case "invalid":
        return Effect.succeed(-1)
      case "finalizer":
        return Effect.ensuring(new Sour(), Effect.die("the finalizer"))
    }
  }

const behave = behaving({ slow: "120 millis", stubborn: "900 millis" })

export const WorkLive = Work.toLayer(({ behaviour }, { attempt }) => behave(behaviour, attempt))

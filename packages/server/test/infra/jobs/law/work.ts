/** The job of random programs: what it does is in its payload, beside a number that is its own. */
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

const behave = (behaviour: Behaviour, attempt: number): Effect.Effect<number, Sour> => {
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
      return Effect.delay(Effect.succeed(1), "120 millis")
    case "interrupt":
      return Effect.interrupt
    case "stubborn":
      return Effect.uninterruptible(Effect.delay(Effect.succeed(1), "900 millis"))
    case "invalid":
      return Effect.succeed(-1)
    case "finalizer":
      return Effect.ensuring(new Sour(), Effect.die("the finalizer"))
  }
}

export const WorkLive = Work.toLayer(({ behaviour }, { attempt }) => behave(behaviour, attempt))

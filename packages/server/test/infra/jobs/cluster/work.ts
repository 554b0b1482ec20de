/** The jobs of the runs with several runners: a mix of outcomes that the payload decides. */
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { Job } from "../../../../src/infra/jobs.ts"

export class Spoiled extends Schema.TaggedError<Spoiled>()("Spoiled", {}) {}

export const outcomes = ["succeed", "slow", "failOnce", "fail", "die", "hang"] as const
export type Outcome = (typeof outcomes)[number]

export const Mixed = Job.make({
  type: "mixed",
  payload: Schema.Struct({ outcome: Schema.Literal(...outcomes), n: Schema.Number }),
  success: Schema.Number,
  error: Spoiled,
  maxAttempts: 2,
  backoff: { base: "200 millis" },
  timeout: "2 minutes",
  slots: 24
})

/** Never ends by itself: it is there to be cancelled while it runs. */
export const Endless = Job.make({
  type: "endless",
  payload: Schema.Number,
  success: Schema.Void,
  error: Schema.Never,
  slots: 100
})

export const MixedLive = Mixed.toLayer(({ n, outcome }, { attempt }) => {
  switch (outcome) {
    case "succeed":
      return Effect.succeed(n)
    case "slow":
      return Effect.delay(Effect.succeed(n), "150 millis")
    case "failOnce":
      return attempt === 1 ? new Spoiled() : Effect.succeed(n)
    case "fail":
      return new Spoiled()
    case "die":
      return Effect.die(new RangeError("out of range"))
    case "hang":
      return Effect.delay(Effect.succeed(n), "1 second")
  }
})

export const EndlessLive = Endless.toLayer(() => Effect.never)

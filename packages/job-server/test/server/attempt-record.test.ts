import { describe, expect, it } from "@effect/vitest"
import type { Attempt } from "@parametric-portal/server/infra/jobs"
import * as Effect from "effect/Effect"
import type * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as HashMap from "effect/HashMap"
import * as Logger from "effect/Logger"
import * as Tracer from "effect/Tracer"
import { attemptLine, attemptSpan, recordedAttempt } from "../../src/server/attempt-record.ts"

const attempt: Attempt = {
  jobId: "a",
  jobType: "digest",
  priority: "normal",
  attempt: 2,
  maxAttempts: 3,
  isRedelivered: false,
  acceptedAt: 0,
  traceparent: undefined,
  tracestate: undefined,
  progress: () => Effect.void
}

/** What an attempt leaves: the names of spans that ended, lines with their outcomes, and what is seen around it. */
const left = <A, E>(run: Effect.Effect<A, E>, use: (recorded: Effect.Effect<A, E>) => Effect.Effect<unknown>) =>
  Effect.gen(function* () {
    const spans: Array<string> = []
    const lines: Array<readonly [text: string, outcome: unknown]> = []
    const seen: Array<string> = []
    const logger = Logger.make(({ annotations, message }) => {
      lines.push([String(message), HashMap.unsafeGet(annotations, "outcome")])
    })
    const recorded = recordedAttempt(attempt, run, (job, inner) =>
      Effect.sync(() => seen.push(`${job} started`)).pipe(
        Effect.zipRight(Effect.yieldNow()),
        Effect.zipRight(inner),
        Effect.ensuring(Effect.sync(() => seen.push(`${job} ended`)))
      )
    )
    yield* use(recorded).pipe(
      Effect.withTracer(listening(yield* Effect.tracer, (name) => spans.push(name))),
      Effect.provide(Logger.replace(Logger.defaultLogger, logger))
    )
    return { spans, lines, seen }
  })

/** The same tracer; `ended` is told of each span that ends. */
const listening = (tracer: Tracer.Tracer, ended: (name: string) => void): Tracer.Tracer =>
  Tracer.make({
    context: (execution, fiber) => tracer.context(execution, fiber),
    span: (...parameters) => {
      const span = tracer.span(...parameters)
      const end = span.end.bind(span)
      return Object.assign(span, {
        end: (at: bigint, exit: Exit.Exit<unknown, unknown>) => {
          ended(span.name)
          end(at, exit)
        }
      })
    }
  })

const once = (outcome: string) => ({
  spans: [attemptSpan],
  lines: [[attemptLine, outcome]],
  seen: ["a started", "a ended"]
})

describe("an attempt", () => {
  for (const [run, outcome] of [
    [Effect.void, "success"],
    [Effect.fail("it is busy"), "failure"],
    [Effect.die("a mistake"), "failure"],
    [Effect.interrupt, "interrupted"]
  ] as const) {
    it.effect(`leaves one span and one line: ${outcome}`, () =>
      Effect.gen(function* () {
        expect(yield* left(run, Effect.exit)).toEqual(once(outcome))
      })
    )
  }

  it.effect("leaves them also where it is interrupted before its work begins", () =>
    Effect.gen(function* () {
      const interruptEarly = (recorded: Effect.Effect<void>) =>
        Effect.gen(function* () {
          const fiber = yield* Effect.fork(recorded)
          yield* Effect.yieldNow()
          yield* Fiber.interrupt(fiber)
        })
      expect(yield* left(Effect.never, interruptEarly)).toEqual(once("interrupted"))
    })
  )
})

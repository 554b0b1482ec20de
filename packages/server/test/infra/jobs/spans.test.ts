/** The spans of submits and attempts, on both databases; `links.test.ts` has what they link to. */
import { expect } from "@effect/vitest"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as HashMap from "effect/HashMap"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import * as Tracer from "effect/Tracer"
import { Job, type JobsOptions, JobService } from "../../../src/infra/jobs.ts"
import { recording } from "../../support/recorded-spans.ts"
import { type Database, eventually, onBoth, world } from "./world.ts"

class Refused extends Schema.TaggedError<Refused>()("Refused", {}) {}

const Pay = Job.make({
  type: "pay",
  payload: Schema.Number,
  success: Schema.Void,
  error: Refused,
  maxAttempts: 2,
  backoff: { base: 0 }
})

const Mail = Job.make({ type: "mail", payload: Schema.Number, success: Schema.Void, error: Schema.Never })

/** Pays at the second attempt, and mails. */
const PayLive = Pay.toLayer((sum, { attempt }) =>
  Effect.gen(function* () {
    yield* Effect.log("paying")
    if (attempt === 1) {
      return yield* new Refused()
    }
    yield* Effect.orDie((yield* JobService).submit(Mail, sum))
  })
)

const MailLive = Mail.toLayer(() => Effect.void)

/** A logger that keeps what lines say of their trace. */
const naming = () => {
  const traceIds: Array<unknown> = []
  const logger = Logger.make(({ annotations, message }) => {
    if (String(message) === "paying") {
      traceIds.push(Option.getOrUndefined(HashMap.get(annotations, "traceId")))
    }
  })
  return { traceIds, logging: Logger.replace(Logger.defaultLogger, logger) }
}

const traced = (options: JobsOptions, database: Database) => {
  const { layer, ...recorded } = recording()
  const { logging, traceIds } = naming()
  const live = Layer.mergeAll(PayLive, MailLive)
  const around = Layer.merge(layer, logging)
  return { ...recorded, traceIds, live: world(live, options, database).pipe(Layer.provideMerge(around)) }
}

const ids = ({ spanId, traceId }: Tracer.AnySpan) => ({ traceId, spanId })

const linksOf = ({ links }: Tracer.Span) => links.map(({ span }) => ids(span))

const errorsOf = ({ status }: Tracer.Span) =>
  status._tag === "Ended" && Exit.isFailure(status.exit) ? Cause.prettyErrors(status.exit.cause) : []

const exitOf = ({ status }: Tracer.Span) => (status._tag === "Ended" ? status.exit._tag : status._tag)

onBoth("spans", {
  "of attempts begin traces with a link to the submit, whose span is that of a producer": (database) => {
    const { live, named, traceIds } = traced({}, database)
    return Effect.gen(function* () {
      const jobs = yield* JobService
      const id = yield* Effect.withSpan(jobs.submit(Pay, 5), "request")
      yield* jobs.awaitResult(Pay, id)
      yield* eventually(Effect.sync(() => expect(named("process mail").map(exitOf)).toEqual(["Success"])))
      const [request] = named("request")
      const [submit] = named("submit pay")
      expect(submit?.kind).toBe("producer")
      expect(submit?.traceId).toBe(request?.traceId)
      expect(Object.fromEntries(submit?.attributes ?? [])).toMatchObject({
        "messaging.operation.type": "send",
        "messaging.destination.name": "pay",
        "messaging.message.id": id
      })
      const attempts = named("process pay")
      expect(attempts.map(exitOf)).toEqual(["Failure", "Success"])
      // As the handler failed, with the line of code that it failed at.
      const [error] = attempts.flatMap(errorsOf)
      expect([error?.name, error?.stack]).toEqual(["Refused", expect.stringContaining("spans.test.ts:")])
      expect(attempts.map(({ kind }) => kind)).toEqual(["consumer", "consumer"])
      expect(attempts.map(({ attributes }) => Object.fromEntries(attributes))).toMatchObject([
        { "messaging.message.id": id, "job.attempt": 1, "job.redelivered": false },
        { "messaging.message.id": id, "job.attempt": 2, "job.redelivered": false }
      ])
      expect(attempts.map((attempt) => linksOf(attempt)[0])).toEqual([submit, submit].map((span) => span && ids(span)))
      expect(new Set([request, ...attempts].map((span) => span?.traceId)).size).toBe(3)
      expect(traceIds).toEqual(attempts.map(({ traceId }) => traceId))
      // What a handler submits is of its trace, and what is made of that has a link to it.
      const [mail] = named("submit mail")
      expect(mail?.traceId).toBe(attempts[1]?.traceId)
      expect(named("process mail").map(linksOf)).toEqual(mail === undefined ? [] : [[ids(mail)]])
    }).pipe(Effect.provide(live))
  },

  "of attempts are children of the submit where an option says so": (database) => {
    const { live, named } = traced({ trace: "parent" }, database)
    return Effect.gen(function* () {
      const jobs = yield* JobService
      yield* jobs.awaitResult(Pay, yield* jobs.submit(Pay, 5))
      const [submit] = named("submit pay")
      const attempts = named("process pay")
      expect(attempts.map(({ traceId }) => traceId)).toEqual([submit?.traceId, submit?.traceId])
      expect(attempts.map(({ parent }) => Option.getOrUndefined(Option.map(parent, ids)))).toEqual(
        [submit, submit].map((span) => span && ids(span))
      )
      expect(attempts[0]?.links).toEqual([])
    }).pipe(Effect.provide(live))
  },

  "of many submits at once is one, and one that is refused says so": (database) => {
    const { live, named } = traced({ maxPayloadLength: 3 }, database)
    return Effect.gen(function* () {
      const jobs = yield* JobService
      yield* jobs.submitMany(Mail, [1, 2, 3])
      yield* Effect.flip(jobs.submit(Mail, 12_345))
      yield* eventually(Effect.sync(() => expect(named("process mail").length).toBe(3)))
      const [many, refused] = named("submit mail")
      expect(many?.attributes.get("messaging.batch.message_count")).toBe(3)
      expect(named("process mail").map(linksOf)).toEqual(Array.from({ length: 3 }, () => many && [ids(many)]))
      expect(refused && exitOf(refused)).toBe("Failure")
    }).pipe(Effect.provide(live))
  },

  "are none where the tracer is switched off: what the caller is in is kept, and lines of attempts name no trace": (
    database
  ) => {
    const { live, spans, traceIds } = traced({}, database)
    const request = Tracer.externalSpan({ traceId: "a".repeat(32), spanId: "b".repeat(16) })
    return Effect.gen(function* () {
      const jobs = yield* JobService
      const id = yield* Effect.withParentSpan(jobs.submit(Pay, 5), request)
      yield* jobs.awaitResult(Pay, id)
      expect((yield* jobs.status(id)).traceparent).toBe(`00-${request.traceId}-${request.spanId}-01`)
      expect([spans, traceIds]).toEqual([[], [undefined, undefined]])
    }).pipe(Effect.provide(live.pipe(Layer.provide(Layer.setTracerEnabled(false)))))
  },

  "are none where no tracer is installed": (database) => {
    const seen: Array<unknown> = []
    const handler = Mail.toLayer((_, { traceparent }) =>
      Effect.map(Effect.option(Effect.currentSpan), (span) => {
        seen.push(Option.isSome(span), traceparent)
      })
    )
    return Effect.gen(function* () {
      const jobs = yield* JobService
      yield* jobs.awaitResult(Mail, yield* jobs.submit(Mail, 1))
      expect(seen).toEqual([false, undefined])
    }).pipe(Effect.provide(world(handler, {}, database)))
  }
})

/**
 * Spans of jobs, as OpenTelemetry's conventions have them for messaging
 * (https://opentelemetry.io/docs/specs/semconv/messaging/messaging-spans/): a producer for each submit, a consumer for each
 * attempt, and links from each to what came before it. There are none where no tracer was installed, or where it is switched off.
 */
import * as Context from "effect/Context"
import * as DefaultServices from "effect/DefaultServices"
import * as Effect from "effect/Effect"
import type * as Fiber from "effect/Fiber"
import * as FiberRef from "effect/FiberRef"
import * as FiberRefs from "effect/FiberRefs"
import * as Tracer from "effect/Tracer"
import { messagingAttributes, messagingSystems } from "../../observe/catalogue/messaging.ts"
import { isInstalled } from "../../observe/instrument/moment.ts"
import { spanFrom, type TraceContext, traceContextOn } from "./trace-context.ts"

/**
 * - `link`: an attempt begins a trace of its own, with a link to the submit: a job may run for long, and often
 * - `parent`: an attempt is a child of the submit, in the trace of that
 */
export type TraceMode = "link" | "parent"

/** Whether a program has installed a tracer for fibers with these references, and has not switched it off. */
export const isTraced = (refs: FiberRefs.FiberRefs): boolean =>
  isInstalled(Context.unsafeGet(FiberRefs.getOrDefault(refs, DefaultServices.currentServices), Tracer.Tracer)) &&
  FiberRefs.getOrDefault(refs, FiberRef.currentTracerEnabled)

const isTracedOn = (fiber: Fiber.RuntimeFiber<unknown, unknown>): boolean =>
  isInstalled(fiber.currentTracer) && fiber.getFiberRef(FiberRef.currentTracerEnabled)

/** The same, for the fiber that runs now. */
export const isTracedNow: Effect.Effect<boolean> = Effect.withFiberRuntime((fiber) => Effect.succeed(isTracedOn(fiber)))

/** What a link leads to; the attribute `job.link` of it. */
export type LinkKind = "submit" | "previous_attempt" | "replay" | "previous_run"

/** The link to a span, if the text is one. */
export const linksTo = (kind: LinkKind, text: Partial<TraceContext>): ReadonlyArray<Tracer.SpanLink> => {
  const span = spanFrom(text)
  return span === undefined ? [] : [{ _tag: "SpanLink", span, attributes: { [names.link]: kind } }]
}

/** The `traceparent` of the span that this runs in; undefined where no tracer is installed. */
export const currentTraceparent: Effect.Effect<string | undefined> = Effect.withFiberRuntime((fiber) =>
  Effect.succeed(isTracedOn(fiber) ? traceContextOn(fiber).traceparent : undefined)
)

/** What the span of a producer says. */
export interface Producing<A> {
  /** Of all the jobs; undefined where they may be of several types. */
  readonly jobType: string | undefined
  readonly attributesOf: (made: A) => Readonly<Record<string, unknown>>
  readonly links?: ReadonlyArray<Tracer.SpanLink> | undefined
}

const producing =
  (operation: "submit" | "replay") =>
  <A, E>(made: Effect.Effect<A, E>, { attributesOf, jobType, links }: Producing<A>): Effect.Effect<A, E> =>
    Effect.withFiberRuntime((fiber) =>
      isTracedOn(fiber)
        ? Effect.tap(made, (value) => Effect.annotateCurrentSpan(attributesOf(value))).pipe(
            Effect.withSpan(jobType === undefined ? operation : `${operation} ${jobType}`, {
              kind: "producer",
              captureStackTrace: false,
              links: links ?? [],
              attributes: attributes({ jobType, operation, type: "send" })
            })
          )
        : made
    )

/** Submits jobs in the span of a producer, which becomes that of the jobs. */
export const submitting = producing("submit")

/** Replays dead letters in the span of a producer, which their next attempts link to. */
export const replaying = producing("replay")

/** What the span of an attempt says. */
export interface Attempted extends TraceContext {
  readonly jobId: string
  readonly jobType: string
  readonly attempt: number
  readonly isRedelivered: boolean
}

/** How an attempt is traced. */
export interface AttemptTrace {
  readonly mode: TraceMode
  /** The span of the last attempt that ended without completing the job. */
  readonly lastTraceparent: string | undefined
  /** The span of the last replay. */
  readonly replayTraceparent: string | undefined
  /** Told the span of the attempt as it begins. */
  readonly spanned: (span: Tracer.AnySpan) => void
}

/** Runs an attempt in the span of a consumer, whose trace its log lines name. */
export const attempting = <A, E, R>(
  run: Effect.Effect<A, E, R>,
  { attempt, isRedelivered, jobId, jobType, ...text }: Attempted,
  { lastTraceparent, mode, replayTraceparent, spanned }: AttemptTrace
): Effect.Effect<A, E, R> => {
  const parent = mode === "parent" ? spanFrom(text) : undefined
  return beginning(run, spanned).pipe(
    Effect.withSpan(`process ${jobType}`, {
      kind: "consumer",
      captureStackTrace: false,
      ...(parent === undefined ? { root: true } : { parent }),
      links: [
        ...(mode === "parent" ? [] : linksTo("submit", text)),
        ...linksTo("previous_attempt", { traceparent: lastTraceparent }),
        ...linksTo("replay", { traceparent: replayTraceparent })
      ],
      attributes: {
        ...attributes({ jobType, operation: "process", type: "process" }),
        [names.id]: jobId,
        [names.attempt]: attempt,
        [names.redelivered]: isRedelivered
      }
    })
  )
}

const beginning = <A, E, R>(run: Effect.Effect<A, E, R>, spanned: AttemptTrace["spanned"]): Effect.Effect<A, E, R> =>
  Effect.withFiberRuntime(({ currentSpan }) => {
    if (currentSpan === undefined) {
      return run
    }
    spanned(currentSpan)
    return Effect.annotateLogs(run, "traceId", currentSpan.traceId)
  })

/** The attributes that a submitted job has. */
export const idAttribute = (id: string): Readonly<Record<string, unknown>> => ({ [names.id]: id })

/** The attributes that many have, submitted at once. */
export const countAttribute = (count: number): Readonly<Record<string, unknown>> => ({ [names.count]: count })

const names = {
  id: messagingAttributes.messageId,
  count: messagingAttributes.batchCount,
  attempt: "job.attempt",
  redelivered: "job.redelivered",
  link: "job.link"
}

interface Operation {
  readonly jobType: string | undefined
  readonly operation: string
  readonly type: "send" | "process"
}

const attributes = ({ jobType, operation, type }: Operation): Readonly<Record<string, unknown>> => ({
  [messagingAttributes.system]: messagingSystems.jobs,
  [messagingAttributes.operationName]: operation,
  [messagingAttributes.operationType]: type,
  ...(jobType === undefined ? {} : { [messagingAttributes.destination]: jobType })
})

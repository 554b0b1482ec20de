/**
 * Spans of jobs, as OpenTelemetry's conventions have them for messaging
 * (https://opentelemetry.io/docs/specs/semconv/messaging/messaging-spans/): a producer for each submit, a consumer for each
 * attempt. There are none where no tracer was installed.
 */
import * as Headers from "@effect/platform/Headers"
import * as HttpTraceContext from "@effect/platform/HttpTraceContext"
import * as Context from "effect/Context"
import * as DefaultServices from "effect/DefaultServices"
import * as Effect from "effect/Effect"
import * as FiberRefs from "effect/FiberRefs"
import * as Option from "effect/Option"
import * as Tracer from "effect/Tracer"

/**
 * - `link`: an attempt begins a trace of its own, with a link to the submit: a job may run for long, and often
 * - `parent`: an attempt is a child of the submit, in the trace of that
 */
export type TraceMode = "link" | "parent"

/** Whether a program has installed a tracer for fibers with these references. */
export const isTraced = (refs: FiberRefs.FiberRefs): boolean =>
  isInstalled(Context.unsafeGet(FiberRefs.getOrDefault(refs, DefaultServices.currentServices), Tracer.Tracer))

// The spans of Effect's own go nowhere.
const isInstalled = (tracer: Tracer.Tracer): boolean => tracer !== effectsOwn

const effectsOwn = Context.unsafeGet(DefaultServices.liveServices, Tracer.Tracer)

/** Submits jobs of a type in the span of a producer, which becomes that of the jobs. */
export const submitting = <A, E>(
  submit: Effect.Effect<A, E>,
  {
    attributesOf,
    jobType
  }: { readonly jobType: string; readonly attributesOf: (accepted: A) => Readonly<Record<string, unknown>> }
): Effect.Effect<A, E> =>
  Effect.withFiberRuntime(({ currentTracer }) =>
    isInstalled(currentTracer)
      ? Effect.tap(submit, (accepted) => Effect.annotateCurrentSpan(attributesOf(accepted))).pipe(
          Effect.withSpan(`submit ${jobType}`, {
            kind: "producer",
            captureStackTrace: false,
            attributes: attributes({ jobType, operation: "submit", type: "send" })
          })
        )
      : submit
  )

/** What the span of an attempt says. */
export interface Attempted {
  readonly jobId: string
  readonly jobType: string
  readonly attempt: number
  readonly isRedelivered: boolean
  readonly traceparent: string | undefined
}

/** Runs an attempt in the span of a consumer, whose trace its log lines name. */
export const attempting = <A, E, R>(
  run: Effect.Effect<A, E, R>,
  { attempt, isRedelivered, jobId, jobType, traceparent }: Attempted,
  mode: TraceMode
): Effect.Effect<A, E, R> => {
  const submit = Option.getOrUndefined(HttpTraceContext.w3c(Headers.fromInput({ traceparent })))
  return namingTrace(run).pipe(
    Effect.withSpan(`process ${jobType}`, {
      kind: "consumer",
      captureStackTrace: false,
      ...(mode === "parent" && submit !== undefined ? { parent: submit } : { root: true }),
      links: mode === "parent" || submit === undefined ? [] : [{ _tag: "SpanLink", span: submit, attributes: {} }],
      attributes: {
        ...attributes({ jobType, operation: "process", type: "process" }),
        [names.id]: jobId,
        [names.attempt]: attempt,
        [names.redelivered]: isRedelivered
      }
    })
  )
}

const namingTrace = <A, E, R>(run: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
  Effect.withFiberRuntime(({ currentSpan }) =>
    currentSpan === undefined ? run : Effect.annotateLogs(run, "traceId", currentSpan.traceId)
  )

/** The attributes that a submitted job has. */
export const idAttribute = (id: string): Readonly<Record<string, unknown>> => ({ [names.id]: id })

/** The attributes that many have, submitted at once. */
export const countAttribute = (count: number): Readonly<Record<string, unknown>> => ({ [names.count]: count })

const names = {
  id: "messaging.message.id",
  count: "messaging.batch.message_count",
  attempt: "job.attempt",
  redelivered: "job.redelivered"
}

interface Operation {
  readonly jobType: string
  readonly operation: string
  readonly type: "send" | "process"
}

const attributes = ({ jobType, operation, type }: Operation): Readonly<Record<string, unknown>> => ({
  "messaging.system": "parametric_portal",
  "messaging.operation.name": operation,
  "messaging.operation.type": type,
  "messaging.destination.name": jobType
})

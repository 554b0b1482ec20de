/**
 * An OTLP/HTTP receiver for metrics in this process; spans and log records it hands on. It decodes requests with the official schema, adds acknowledged
 * points to series, records violations, and can be told to fail as real collectors do.
 *
 * ```ts
 * const program = Effect.gen(function* () {
 *   const receiver = yield* Receiver
 *   // point an exporter at receiver.url, which ends in /v1/metrics, let it export, then:
 *   const [jobs] = yield* receiver.find("jobs_completed_total", { job_type: "digest" })
 *   const violations = yield* receiver.violations
 *   yield* receiver.setFailureMode(FailureMode.status(503))
 * }).pipe(Effect.provide(Receiver.layer()))
 * ```
 *
 * A request is acknowledged when it is answered with 2xx; only those change the series. Time comes from `Clock`.
 */
import * as Context from "effect/Context"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as PubSub from "effect/PubSub"
import * as Ref from "effect/Ref"
import type { Scope } from "effect/Scope"
import * as Stream from "effect/Stream"
import { serveControl } from "./control-endpoint.ts"
import { FailureMode } from "./failure-mode.ts"
import { host, listen, type Listener, type ListenFailed, type PortInUse } from "./listener.ts"
import { makeBodyReader } from "./incoming-body.ts"
import type { Attributes, Series } from "./model.ts"
import type { Observer } from "./observer.ts"
import type { Records } from "./records.ts"
import { type App, handleRequest } from "./request-handler.ts"
import { type Arrival, makeRequestLog, type RequestRecord } from "./request-log.ts"
import type { Snapshot } from "./snapshot.ts"
import { makeStore } from "./store.ts"
import type { Violation } from "./violation.ts"

export { FailureMode } from "./failure-mode.ts"
export { ListenFailed, PortInUse } from "./listener.ts"
export type * from "./model.ts"
export type { Observer } from "./observer.ts"
export type { LogRecord, Records, Span, SpanEvent, SpanKind, SpanLink } from "./records.ts"
export type { App } from "./request-handler.ts"
export type { Arrival, RequestRecord } from "./request-log.ts"
export type { Snapshot } from "./snapshot.ts"
export type { Violation, ViolationKind } from "./violation.ts"

export interface ReceiverOptions {
  /** The port on 127.0.0.1. The default 0 takes a free one. */
  readonly port?: number
  /** The most bytes of a body, before and after gzip; the default is 32 MiB. A larger body is answered with 413. */
  readonly limit?: number
  /**
   * What all series may hold, roughly in bytes; the default is 256 MiB. Then requests are answered with 503 until the
   * receiver is cleared.
   */
  readonly storeLimit?: number
  /** The most time that a body may take to arrive; the default is 30 seconds. A slower one is answered with 408. */
  readonly bodyTimeout?: Duration.DurationInput
  /**
   * Serves the control endpoint on this port; `true` or 0 takes a free one. Off by default, because
   * other users of the machine can read it.
   */
  readonly control?: boolean | number
  /** The control endpoint shows the state, and changes nothing. */
  readonly isReadOnly?: boolean
  /** Is told what is stored. */
  readonly observer?: Observer
  /** Takes spans and log records, at `/v1/traces` and `/v1/logs`; without it these paths are as others. */
  readonly records?: Records
  /** Answers requests for other paths than that of metrics; the default shows the series at `/` as text. */
  readonly others?: App
}

export interface ReceiverService {
  readonly port: number
  /** Where to send metrics, with the path `/v1/metrics`. */
  readonly url: string
  /** The control endpoint, without a path; `undefined` when it is off. */
  readonly controlUrl: string | undefined
  /** All series by metric, in the order in which they first arrived. */
  readonly series: Effect.Effect<ReadonlyArray<Series>>
  /** The series with a name, and with exactly these attributes if given. Several if resources or scopes differ. */
  readonly find: (name: string, attributes?: Attributes) => Effect.Effect<ReadonlyArray<Series>>
  /** The last 10,000 requests, in the order of their responses. */
  readonly requests: Effect.Effect<ReadonlyArray<RequestRecord>>
  /** The last 10,000 violations. */
  readonly violations: Effect.Effect<ReadonlyArray<Violation>>
  readonly failureMode: Effect.Effect<FailureMode>
  /** Sets how the next requests are handled. Leaving `FailureMode.refuse` opens the port again, which can fail. */
  readonly setFailureMode: (mode: FailureMode) => Effect.Effect<void, PortInUse | ListenFailed>
  readonly snapshot: Effect.Effect<Snapshot>
  /** Removes all series, requests and violations. */
  readonly clear: Effect.Effect<void>
  /** Every request from now on, with its points. A subscriber that is 256 requests behind loses the oldest. */
  readonly arrivals: Stream.Stream<Arrival>
}

export class Receiver extends Context.Tag("dashboard/Receiver")<Receiver, ReceiverService>() {
  /** A receiver that is closed with the scope. */
  static readonly make = (
    options: ReceiverOptions = {}
  ): Effect.Effect<ReceiverService, PortInUse | ListenFailed, Scope> => make(options)

  static readonly layer = (options: ReceiverOptions = {}): Layer.Layer<Receiver, PortInUse | ListenFailed> =>
    Layer.scoped(Receiver, make(options))
}

const defaultLimit = 32 * 1024 * 1024

/** What all series may hold, roughly in bytes, unless given. */
export const defaultStoreLimit = 256 * 1024 * 1024

const make = (options: ReceiverOptions): Effect.Effect<ReceiverService, PortInUse | ListenFailed, Scope> =>
  Effect.gen(function* () {
    const store = makeStore(options.storeLimit ?? defaultStoreLimit, options.observer)
    const log = makeRequestLog()
    const failureMode = yield* Ref.make<FailureMode>(FailureMode.none)
    const arrivals = yield* PubSub.sliding<Arrival>(256)
    yield* Effect.addFinalizer(() => PubSub.shutdown(arrivals))
    const listener = yield* listen(options.port ?? 0)
    const limit = options.limit ?? defaultLimit
    const app = handleRequest({
      limit,
      bodies: makeBodyReader({ limit, timeout: options.bodyTimeout ?? "30 seconds" }),
      failureMode: Ref.get(failureMode),
      store,
      log,
      observer: options.observer,
      records: options.records,
      others: options.others,
      publish: (arrival) => PubSub.publish(arrivals, arrival)
    })
    yield* listener.serve(app)
    const snapshot = Effect.map(Ref.get(failureMode), (mode) => ({
      failureMode: mode,
      series: store.series(),
      requests: log.records(),
      violations: store.violations()
    }))
    const clear = Effect.sync(() => {
      store.clear()
      log.clear()
    })
    const service = {
      port: listener.port,
      url: `http://${host}:${listener.port}/v1/metrics`,
      series: Effect.sync(store.series),
      find: (name: string, attributes?: Attributes) => Effect.sync(() => store.find(name, attributes)),
      requests: Effect.sync(log.records),
      violations: Effect.sync(store.violations),
      failureMode: Ref.get(failureMode),
      setFailureMode: switchFailureMode(listener, failureMode),
      snapshot,
      clear,
      arrivals: Stream.fromPubSub(arrivals)
    }
    const controlUrl = yield* controlUrlOf(options, service)
    return { ...service, controlUrl }
  })

const controlUrlOf = (
  { control = false, isReadOnly = false }: ReceiverOptions,
  service: Omit<ReceiverService, "controlUrl">
) => {
  if (control === false) {
    return Effect.succeed(undefined)
  }
  return serveControl(service, { port: control === true ? 0 : control, isReadOnly })
}

/** The mode changes before the socket does, so that no request is handled in the previous mode. */
const switchFailureMode = (listener: Listener, ref: Ref.Ref<FailureMode>) => (mode: FailureMode) =>
  Effect.zipRight(Ref.set(ref, mode), mode._tag === "Refuse" ? listener.close : listener.open)

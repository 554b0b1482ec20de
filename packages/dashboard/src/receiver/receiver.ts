/**
 * An OTLP/HTTP receiver for metrics, in this process: it decodes what arrives with the official schema, folds what it
 * acknowledges into series, notes what is wrong with it, and fails on request in the ways in which collectors fail.
 *
 * ```ts
 * const program = Effect.gen(function* () {
 *   const receiver = yield* Receiver
 *   // point an exporter at receiver.url, which ends in /v1/metrics, let it export, then:
 *   const [jobs] = yield* receiver.find("jobs_completed_total", { job_type: "digest" })
 *   const faults = yield* receiver.faults
 *   yield* receiver.setMode(Mode.status(503))
 * }).pipe(Effect.provide(Receiver.layer()))
 * ```
 *
 * Acknowledged is what was answered with 2xx, and only that changes the series. Time comes from `Clock`.
 */
import * as HttpMiddleware from "@effect/platform/HttpMiddleware"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as PubSub from "effect/PubSub"
import * as Ref from "effect/Ref"
import type { Scope } from "effect/Scope"
import * as Stream from "effect/Stream"
import { serveControl } from "./control-endpoint.ts"
import { exchange } from "./request-handler.ts"
import type { Fault } from "./violation.ts"
import { host, listen, type Listener, type ListenFailed, type PortInUse } from "./listener.ts"
import { Mode } from "./failure-mode.ts"
import type { Attributes, Series } from "./model.ts"
import { type Arrival, makeRequestLog, type RequestRecord } from "./request-log.ts"
import type { Snapshot } from "./snapshot.ts"
import { makeStore } from "./store.ts"

export type { Fault, FaultKind } from "./violation.ts"
export { ListenFailed, PortInUse } from "./listener.ts"
export { Mode } from "./failure-mode.ts"
export type * from "./model.ts"
export type { Arrival, RequestRecord } from "./request-log.ts"
export type { Snapshot } from "./snapshot.ts"

export interface ReceiverOptions {
  /** The port on 127.0.0.1. The default 0 takes a free one. */
  readonly port?: number
  /** The most bytes of a body, before and after gzip. The default is 32 MiB; more is answered with 413. */
  readonly limit?: number
  /**
   * Whether a second port lets other processes read the state and set the mode, and which (0 takes a free one). Off by
   * default: whoever reaches it can read the headers of every request.
   */
  readonly control?: boolean | number
}

export interface ReceiverService {
  readonly port: number
  /** Where to send metrics, with the path `/v1/metrics`. */
  readonly url: string
  /** Where the control endpoint is, without a path; `undefined` when it is off. */
  readonly controlUrl: string | undefined
  /** Every series, by metric, in the order of first arrival. */
  readonly series: Effect.Effect<ReadonlyArray<Series>>
  /** The series of a name; with attributes, those that have exactly these. More than one if resources or scopes differ. */
  readonly find: (name: string, attributes?: Attributes) => Effect.Effect<ReadonlyArray<Series>>
  /** The last 10,000 requests, in the order of their answers. */
  readonly requests: Effect.Effect<ReadonlyArray<RequestRecord>>
  /** The last 10,000 faults. */
  readonly faults: Effect.Effect<ReadonlyArray<Fault>>
  readonly mode: Effect.Effect<Mode>
  /** Sets how the next requests are met. Leaving `Mode.refuse` opens the port again, which can fail. */
  readonly setMode: (mode: Mode) => Effect.Effect<void, PortInUse | ListenFailed>
  readonly snapshot: Effect.Effect<Snapshot>
  /** Forgets series, requests and faults. */
  readonly clear: Effect.Effect<void>
  /** Every request from the moment of subscription, with its points. A subscriber that is 256 behind loses the oldest. */
  readonly arrivals: Stream.Stream<Arrival>
}

export class Receiver extends Context.Tag("dashboard/Receiver")<Receiver, ReceiverService>() {
  /** A receiver that lives as long as the scope. */
  static readonly make = (
    options: ReceiverOptions = {}
  ): Effect.Effect<ReceiverService, PortInUse | ListenFailed, Scope> => make(options)

  static readonly layer = (options: ReceiverOptions = {}): Layer.Layer<Receiver, PortInUse | ListenFailed> =>
    Layer.scoped(Receiver, make(options))
}

const defaultLimit = 32 * 1024 * 1024

const make = (options: ReceiverOptions): Effect.Effect<ReceiverService, PortInUse | ListenFailed, Scope> =>
  Effect.gen(function* () {
    const store = makeStore()
    const log = makeRequestLog()
    const mode = yield* Ref.make<Mode>(Mode.ok)
    const arrivals = yield* PubSub.sliding<Arrival>(256)
    yield* Effect.addFinalizer(() => PubSub.shutdown(arrivals))
    const listener = yield* listen(options.port ?? 0)
    const app = exchange({
      limit: options.limit ?? defaultLimit,
      mode: Ref.get(mode),
      store,
      log,
      publish: (arrival) => PubSub.publish(arrivals, arrival)
    })
    yield* HttpMiddleware.withTracerDisabledWhenEffect(listener.server.serve(app), () => true)
    const setMode = switchMode(listener, mode)
    const snapshot = Effect.map(Ref.get(mode), (mode) => ({
      mode,
      series: store.series(),
      requests: log.records(),
      faults: store.faults()
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
      faults: Effect.sync(store.faults),
      mode: Ref.get(mode),
      setMode,
      snapshot,
      clear,
      arrivals: Stream.fromPubSub(arrivals)
    }
    const controlUrl = yield* control(options.control ?? false, service)
    return { ...service, controlUrl }
  })

const control = (option: boolean | number, service: Omit<ReceiverService, "controlUrl">) => {
  if (option === false) return Effect.succeed(undefined)
  return serveControl(service, option === true ? 0 : option)
}

/** The mode changes before the socket does, so no request is met by a mode that is over. */
const switchMode = (listener: Listener, ref: Ref.Ref<Mode>) => (mode: Mode) =>
  Effect.zipRight(Ref.set(ref, mode), mode._tag === "Refuse" ? listener.close : listener.open)

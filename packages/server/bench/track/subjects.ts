/** The variants as subjects that are checked for what they recorded. */
import * as Effect from "effect/Effect"
import * as ManagedRuntime from "effect/ManagedRuntime"
import type { MetricsService } from "@parametric-portal/server/observe/metrics"
import { claim, type Subject } from "../harness.ts"
import * as original from "./original.ts"
import * as otel from "./otel-api.ts"
import { ours, type Recorded } from "./ours.ts"
import * as prom from "./prom-client.ts"
import { calling, work } from "./work.ts"

/** What every call of a subject must have counted, beside its duration. */
type Counted = "succeeded" | "failed" | "cancelled" | "none"

/** A variant that records nothing. */
export const silent = (name: string, build: () => Effect.Effect<unknown>): Subject => ({
  name,
  run: (calls) => Effect.runPromise(calling(build)(calls)),
  check: () => {}
})

/** Ours, on jobs or on messages: every call must have been timed, and counted as it ended. */
export const tracked = (
  name: string,
  build: () => Effect.Effect<unknown, never, MetricsService>,
  [records, counted]: readonly ["jobs" | "messages", Counted]
): Subject => {
  const service = ours()
  return {
    name,
    run: (calls) => service.run(calling(build)(calls)),
    check: async (calls) => {
      const recorded = (await service.recorded())[records]
      compare(name, recorded, { succeeded: 0, failed: 0, cancelled: 0, inFlight: 0, timed: calls, [counted]: calls })
    }
  }
}

const compare = (name: string, recorded: Recorded, claims: Recorded): void => {
  claim(`${name}: timed`, recorded.timed, claims.timed)
  claim(`${name}: succeeded`, recorded.succeeded, claims.succeeded)
  claim(`${name}: failed`, recorded.failed, claims.failed)
  claim(`${name}: cancelled`, recorded.cancelled, claims.cancelled)
  claim(`${name}: in flight`, recorded.inFlight, claims.inFlight)
}

type Wrap<R = never> = <A, E>(effect: Effect.Effect<A, E>) => Effect.Effect<A, E, R>

/** What a peer recorded in one of its forms. */
interface PeerRecorded {
  readonly timed: number
  readonly completed: number
  readonly inFlight: number
}

const peer = (name: string, run: Subject["run"], recorded: () => PeerRecorded | Promise<PeerRecorded>): Subject => ({
  name,
  run,
  check: async (calls) => {
    const { completed, inFlight, timed } = await recorded()
    claim(`${name}: timed`, timed, calls)
    claim(`${name}: counted`, completed, calls)
    claim(`${name}: in flight`, inFlight, 0)
  }
})

const originals = ManagedRuntime.make(original.OriginalMetrics.Default)

const runOriginal =
  (wrap: Wrap<original.OriginalMetrics>): Subject["run"] =>
  (calls) =>
    originals.runPromise(calling(() => wrap(work.success))(calls))

const runPlain =
  (wrap: Wrap): Subject["run"] =>
  (calls) =>
    Effect.runPromise(calling(() => wrap(work.success))(calls))

/** What users would otherwise write, successes only and with the same care for every exit. */
export const peers: ReadonlyArray<Subject> = [
  peer("original", runOriginal(original.original), () => original.recorded("original")),
  peer("original, equal care", runOriginal(original.originalEqualCare), () => original.recorded("careful")),
  peer("prom-client", runPlain(prom.promClient), () => prom.recorded("simple")),
  peer("prom-client, equal care", runPlain(prom.promClientEqualCare), () => prom.recorded("careful")),
  peer("OpenTelemetry API", runPlain(otel.otelApi), () => otel.recorded("simple")),
  peer("OpenTelemetry API, equal care", runPlain(otel.otelApiEqualCare), () => otel.recorded("careful"))
]

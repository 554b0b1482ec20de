/** The variants as subjects that are checked for what they recorded. */
import * as Effect from "effect/Effect"
import * as ManagedRuntime from "effect/ManagedRuntime"
import type { MetricsService } from "../../src/observe/metrics.ts"
import { claim, type Subject } from "../harness.ts"
import * as original from "./original.ts"
import * as otel from "./otel-api.ts"
import { ours, type Recorded } from "./ours.ts"
import * as prom from "./prom-client.ts"
import { calling, work } from "./work.ts"

type Claims = Partial<Recorded>

/** A variant that records nothing. */
export const silent = (name: string, build: () => Effect.Effect<unknown>): Subject => ({
  name,
  run: (calls) => Effect.runPromise(calling(build)(calls)),
  check: () => {}
})

/** Ours, on jobs or on messages: what it must have recorded is given for the number of its calls. */
export const tracked = (
  name: string,
  build: () => Effect.Effect<unknown, never, MetricsService>,
  [records, claims]: readonly ["jobs" | "messages", (calls: number) => Claims]
): Subject => {
  const service = ours()
  return {
    name,
    run: (calls) => service.run(calling(build)(calls)),
    check: async (calls) => {
      const recorded = (await service.recorded())[records]
      compare(name, recorded, { succeeded: 0, failed: 0, cancelled: 0, inFlight: 0, timed: calls, ...claims(calls) })
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

const originals = ManagedRuntime.make(original.OriginalMetrics.Default)

/** What users would otherwise write, successes only and with the same care for every exit. */
export const peers: ReadonlyArray<Subject> = [
  {
    name: "original",
    run: (calls) => originals.runPromise(calling(() => original.original(work.success))(calls)),
    check: (calls) => claim("original: timed", original.recorded().timed, calls)
  },
  {
    name: "original, equal care",
    run: (calls) => originals.runPromise(calling(() => original.originalEqualCare(work.success))(calls)),
    check: (calls) => {
      claim("original, equal care: timed", original.recorded().timedExactly, calls)
      claim("original, both forms: counted", original.recorded().completed, 2 * calls)
      claim("original, equal care: in flight", original.recorded().inFlight, 0)
    }
  },
  ...pair("prom-client", [prom.promClient, prom.promClientEqualCare], prom.recorded),
  ...pair("OpenTelemetry API", [otel.otelApi, otel.otelApiEqualCare], otel.recorded)
]

type Wrap = <A, E, R>(effect: Effect.Effect<A, E, R>) => Effect.Effect<A, E, R>

function pair(
  name: string,
  [simple, careful]: readonly [Wrap, Wrap],
  recorded: (form: "simple" | "careful") => Promise<{ timed: number; completed: number; inFlight: number }>
): ReadonlyArray<Subject> {
  const form = (suffix: string, wrap: Wrap, which: "simple" | "careful"): Subject => ({
    name: `${name}${suffix}`,
    run: (calls) => Effect.runPromise(calling(() => wrap(work.success))(calls)),
    check: async (calls) => {
      const { completed, inFlight, timed } = await recorded(which)
      claim(`${name}${suffix}: timed`, timed, calls)
      claim(`${name}${suffix}: counted`, completed, calls)
      claim(`${name}${suffix}: in flight`, inFlight, 0)
    }
  })
  return [form("", simple, "simple"), form(", equal care", careful, "careful")]
}

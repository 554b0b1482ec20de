/** Loads optional peers when they are needed, so that an application which exports nothing loads nothing. */
import * as Effect from "effect/Effect"
import * as Predicate from "effect/Predicate"
import { TelemetryPeerMissing } from "./peer-missing.ts"

const otlp = [
  "@opentelemetry/api@1.9",
  "@opentelemetry/resources@2.12",
  "@opentelemetry/sdk-metrics@2.12",
  "@opentelemetry/otlp-transformer@0.223"
] as const

const traces = [...otlp, "@effect/opentelemetry@0.64", "@opentelemetry/sdk-trace-base@2.12"] as const
const logs = [...otlp, "@effect/opentelemetry@0.64", "@opentelemetry/sdk-logs@0.223"] as const
const grpc = "@grpc/grpc-js@1.14"

/** All that each use needs beside this library, in the versions that go together; the guide lists the same. */
export const peersOf = {
  OTLP: otlp,
  "OTLP over gRPC": [...otlp, grpc],
  "exporting traces": traces,
  "exporting traces over gRPC": [...traces, grpc],
  "exporting logs": logs,
  "exporting logs over gRPC": [...logs, grpc],
  "a metric producer": ["@opentelemetry/resources@2.12", "@opentelemetry/sdk-metrics@2.12"],
  "OTEL_PROPAGATORS=none": ["@effect/platform@0.97"]
} as const

/** What a peer is needed for. */
export type PeerUse = keyof typeof peersOf

/** What of a peer older majors do not have. */
const needed: Readonly<Record<string, string>> = { "@opentelemetry/resources": "resourceFromAttributes" }

/** What peers of a signal are needed for, whichever protocol it is exported over. */
export type SignalUse = "OTLP" | "exporting traces" | "exporting logs"

/**
 * A module, or an error that names all packages to install. Its `import` needs a `catch`: bundlers take a peer that is not
 * there for an error otherwise, also where it is never loaded.
 */
export const loadPeer = <A extends object>(
  peer: string,
  neededFor: PeerUse,
  load: () => Promise<A>
): Effect.Effect<A, TelemetryPeerMissing> =>
  Effect.tryPromise({
    try: () =>
      load().then((loaded) => {
        const module = exportsOf(loaded)
        const name = needed[peer]
        return name === undefined || name in module
          ? module
          : unavailable(new TypeError(`${peer} has no ${name}: another major is installed`))
      }),
    catch: (cause) => new TelemetryPeerMissing({ peer, neededFor, packages: peersOf[neededFor], cause })
  })

/** Of CommonJS, esbuild leaves the default export alone where it bundles in parts (`--splitting`). */
const exportsOf = <A extends object>(loaded: A): A => ({ ...defaultOf(loaded), ...loaded })

const defaultOf = (loaded: object): object =>
  Predicate.hasProperty(loaded, "default") && Predicate.isObject(loaded.default) ? loaded.default : {}

/** What is caught where an `import` failed; it fails. */
export const unavailable = (cause: unknown): Promise<never> => Promise.reject(cause)

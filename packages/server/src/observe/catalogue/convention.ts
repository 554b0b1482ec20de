/** What OpenTelemetry's semantic conventions say of a metric. */

/** How sure it is that a convention stays as it is. */
export type Stability = "stable" | "development"

/** What a metric is called on OTLP. */
export interface Convention {
  /** The name, as in `http.server.request.duration`. */
  readonly name: string
  /** How sure it is that the name stays. */
  readonly stability: Stability
  /** Label -> attribute, as in `http_request_method` -> `http.request.method`. */
  readonly attributes: Readonly<Record<string, string>>
}

/** The buckets that the conventions advise for durations of HTTP and RPC calls and of messages, in seconds. */
export const conventionBoundaries = [
  0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10
] as const satisfies ReadonlyArray<number>

/** Attributes whose values are whole numbers on OTLP. */
export const numericAttributes: ReadonlySet<string> = new Set(["http.response.status_code", "server.port"])

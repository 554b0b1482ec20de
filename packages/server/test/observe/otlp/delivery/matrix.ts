/** The scenarios of delivery: what collectors and processes do to one another, and what must come of it. */
import { FailureMode } from "@parametric-portal/dashboard/spawn"
import type { Scenario } from "./scenario.ts"

/**
 * A process ends this long after its last finalizer at the latest, when nothing stands in its way. Mostly it is a tenth
 * of that; the machine that runs the tests may be busy with others.
 */
const promptMs = 6_000

/** Where nothing answers, the deadline is two seconds. */
const shutdownMs = 2_000
const deadlineMs = shutdownMs + promptMs

const everything = (withinMs = promptMs) => ({ acknowledged: "everything", withinMs }) as const
const nothing = { acknowledged: "nothing", withinMs: deadlineMs } as const
const allButTheEnd = { acknowledged: "all but the end", withinMs: deadlineMs } as const

const often = { intervalMs: 500, otlp: { temporality: "delta" } } as const

const delta = { intervalMs: 2_000, otlp: { temporality: "delta" } } as const

export const matrix: ReadonlyArray<Scenario> = [
  { name: "the collector is well, SIGTERM", expect: everything() },
  { name: "the collector is well, SIGTERM, deltas", app: delta, expect: everything() },
  {
    name: "the collector is well, protobuf and gzip",
    app: { otlp: { protocol: "http/protobuf", compression: "gzip" } },
    expect: everything()
  },
  {
    name: "the program ends by itself before its first export",
    app: { intervalMs: 60_000, endsAfterMs: 300 },
    wait: 0,
    signal: "none",
    expect: everything()
  },
  {
    name: "a worker takes a second to drain",
    app: { drainMs: 1_000 },
    expect: everything(promptMs + 1_000)
  },
  { name: "12,000 series more", app: { series: 12_000, intervalMs: 5_000 }, expect: everything(promptMs + 1_500) },
  {
    name: "the collector takes 1 s, an export is under way",
    app: { intervalMs: 2_000 },
    before: FailureMode.slow("1 second"),
    wait: "under way",
    expect: everything(promptMs + 1_000)
  },
  {
    name: "the collector takes 1 s, an export is under way, deltas",
    app: delta,
    before: FailureMode.slow("1 second"),
    wait: "under way",
    expect: everything(promptMs + 1_000)
  },
  {
    name: "an export hangs, the collector answers again at the end",
    app: { intervalMs: 4_000 },
    before: FailureMode.hang,
    wait: "under way",
    atEnd: FailureMode.none,
    expect: everything()
  },
  {
    name: "the collector was down for four intervals, deltas",
    app: delta,
    before: FailureMode.refuse,
    wait: 8_500,
    atEnd: FailureMode.none,
    expect: everything()
  },
  {
    name: "the collector is stopped for 3 s (SIGSTOP), deltas",
    app: often,
    stops: { who: "receiver", forMs: 3_000 },
    expect: everything()
  },
  {
    name: "the application is stopped for 2.5 s (SIGSTOP), deltas",
    app: often,
    stops: { who: "application", forMs: 2_500 },
    expect: everything()
  },
  {
    name: "the collector answers 503 at the end, then is well",
    atEnd: FailureMode.status(503),
    later: { afterMs: 500, mode: FailureMode.none },
    expect: everything(promptMs + 1_500)
  },
  {
    name: "the collector answers 429 with Retry-After 1 at the end, then is well",
    atEnd: FailureMode.status(429, { retryAfterSeconds: 1 }),
    later: { afterMs: 500, mode: FailureMode.none },
    expect: everything(promptMs + 1_500)
  },
  {
    name: "the collector resets connections at the end, then is well, deltas",
    app: delta,
    atEnd: FailureMode.reset,
    later: { afterMs: 500, mode: FailureMode.none },
    expect: everything(promptMs + 1_500)
  },
  {
    name: "the collector is down at the end, and up a second later",
    atEnd: FailureMode.refuse,
    later: { afterMs: 600, mode: FailureMode.none },
    expect: everything(promptMs + 1_500)
  },
  {
    name: "the collector refuses what it is sent (400) at the end",
    app: { shutdownMs },
    atEnd: FailureMode.status(400),
    expect: allButTheEnd
  },
  {
    name: "the collector answers 503 for ever",
    app: { shutdownMs },
    before: FailureMode.status(503),
    wait: 1_500,
    expect: nothing
  },
  { name: "the collector hangs for ever", app: { shutdownMs }, before: FailureMode.hang, wait: 1_500, expect: nothing },
  {
    name: "the collector resets connections for ever",
    app: { shutdownMs },
    before: FailureMode.reset,
    wait: 1_500,
    expect: nothing
  },
  {
    name: "the collector is down for ever",
    app: { shutdownMs },
    before: FailureMode.refuse,
    wait: 1_500,
    expect: nothing
  },
  {
    name: "the collector takes longer than the deadline",
    app: { shutdownMs },
    before: FailureMode.slow("20 seconds"),
    wait: 1_500,
    expect: nothing
  },
  {
    name: "the collector hangs, the program ends by itself",
    app: { shutdownMs, endsAfterMs: 1_500 },
    before: FailureMode.hang,
    wait: 0,
    signal: "none",
    expect: nothing
  },
  {
    name: "SIGKILL",
    app: { shutdownMs },
    wait: "between exports",
    signal: "SIGKILL",
    expect: allButTheEnd
  }
]

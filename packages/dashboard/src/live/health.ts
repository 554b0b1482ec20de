/** How the receiver and its senders are, from what was answered to each request. */
import type { Health } from "../protocol/live.ts"
import type { RequestRecord } from "../receiver/request-log.ts"
import type { Violation } from "../receiver/violation.ts"
import type { KnownProcess, KnownSeries } from "./inventory.ts"

export interface HealthLog {
  readonly request: (record: RequestRecord, storeBytes: number) => void
  readonly violation: (violation: Violation) => void
  /** A series has a new point. */
  readonly change: (one: KnownSeries) => void
  readonly now: (processes: ReadonlyArray<KnownProcess>) => Health
  readonly clear: () => void
}

const maxViolations = 20

/** The most statuses that are told apart; the receiver has few. */
const maxStatuses = 50

/** A process that is restarted by each change of its sources is another one each time. */
const maxProcesses = 100

interface Refusal {
  readonly status: number
  readonly count: number
  readonly lastAt: number
  readonly message: string
}

const emptyState = () => ({
  requests: 0,
  acknowledged: 0,
  points: 0,
  bytes: 0,
  violations: 0,
  exemplars: 0,
  storeBytes: 0,
  lastRequestAt: Number.NaN,
  refused: new Map<number, Refusal>(),
  lastViolations: new Array<Violation>()
})

/** `storeLimitBytes` is what the series may hold. */
export const makeHealthLog = (storeLimitBytes: number): HealthLog => {
  let state = emptyState()
  return {
    request: (record, storeBytes) => {
      state.requests += 1
      state.points += record.acknowledged
      state.bytes += record.bytes
      state.storeBytes = storeBytes
      state.lastRequestAt = record.answeredAtMillis
      if (record.status === 200) {
        state.acknowledged += 1
      } else {
        refuse(state.refused, record)
      }
    },
    violation: (violation) => {
      state.violations += 1
      state.lastViolations.push(violation)
      if (state.lastViolations.length > maxViolations) {
        state.lastViolations.shift()
      }
    },
    change: ({ current, seen }) => {
      state.exemplars += exemplarsIn(current) - (seen === undefined ? 0 : exemplarsIn(seen))
    },
    now: (processes) => ({
      requests: state.requests,
      acknowledged: state.acknowledged,
      refused: [...state.refused.values()].sort((a, b) => b.lastAt - a.lastAt),
      points: state.points,
      bytes: state.bytes,
      lastRequestAt: Number.isNaN(state.lastRequestAt) ? null : state.lastRequestAt,
      lag: lastHeardOf(processes).map(({ id, lagMs }) => ({ process: id, ms: Math.round(lagMs) })),
      violations: state.violations,
      lastViolations: state.lastViolations.map(({ attributes, kind, message, name }) => ({
        kind,
        metric: name,
        labels: attributes,
        message
      })),
      exemplars: state.exemplars,
      storeBytes: state.storeBytes,
      storeLimitBytes
    }),
    clear: () => {
      state = emptyState()
    }
  }
}

const lastHeardOf = (processes: ReadonlyArray<KnownProcess>): ReadonlyArray<KnownProcess> =>
  processes.length <= maxProcesses
    ? processes
    : processes.toSorted((a, b) => b.lastSeenAt - a.lastSeenAt).slice(0, maxProcesses)

/** Path and headers, in which senders may have secrets, stay out. */
const refuse = (refused: Map<number, Refusal>, { answeredAtMillis, message, status }: RequestRecord): void => {
  const known = refused.get(status)
  if (known === undefined && refused.size >= maxStatuses) {
    return
  }
  refused.set(status, { status, count: (known?.count ?? 0) + 1, lastAt: answeredAtMillis, message })
}

const exemplarsIn = (series: KnownSeries["current"]): number =>
  series.kind === "summary" ? 0 : (series.exemplars?.length ?? 0)

/**
 * The law of jobs, `accepted + replayed = completed + cancelled + dead + held`, from the metrics of all runners. The
 * right side is sampled and the left one counted, and processes report at times of their own, so that the two differ all
 * the time while something goes on. A difference is one when it stays while nothing moves: for ten seconds, in which each
 * process that goes on has reported twice.
 */
import type { Law } from "../protocol/live.ts"
import { heldJobs, lawTerms } from "./chart-lines.ts"
import { isValid, validFrom } from "./increase.ts"
import type { KnownProcess, KnownSeries } from "./inventory.ts"
import { numberOf } from "./series-value.ts"

export interface LawOfJobs {
  /** A series has a new point. */
  readonly change: (one: KnownSeries) => void
  /** The law now, with the jobs that are held; `null` where no counter of jobs or no gauge of them has come. */
  readonly check: (now: number, held: number | undefined) => Law | null
  readonly clear: () => void
}

const quietMs = 10_000

type Terms = Record<"accepted" | "replayed" | "completed" | "cancelled" | "dead", number>

/** Since when nothing has moved, and how often each process had reported then. */
interface Quiet {
  readonly key: string
  readonly since: number
  readonly reports: ReadonlyMap<KnownProcess, number>
  isSettled: boolean
}

interface State {
  readonly terms: Terms
  readonly processes: Set<KnownProcess>
  hasCounters: boolean
  quiet: Quiet | undefined
  /** The jobs of before anybody counted: how many more the right side had at first, once that is certain. */
  before: number | undefined
}

const emptyState = (): State => ({
  terms: { accepted: 0, replayed: 0, completed: 0, cancelled: 0, dead: 0 },
  processes: new Set(),
  hasCounters: false,
  quiet: undefined,
  before: undefined
})

export const makeLawOfJobs = (): LawOfJobs => {
  let state = emptyState()
  return {
    change: (one) => {
      const term = lawTerms.get(one.metric.name)
      if (term !== undefined) {
        state.terms[term] += numberOf(one.current) - (one.seen === undefined ? 0 : numberOf(one.seen))
        state.hasCounters = true
      }
      if (term !== undefined || one.metric.name === heldJobs.name) {
        state.processes.add(one.process)
      }
    },
    check: (now, held) => {
      if (held === undefined || !state.hasCounters) {
        return null
      }
      const left = state.terms.accepted + state.terms.replayed
      const right = state.terms.completed + state.terms.cancelled + state.terms.dead + held
      // While something moves, counters run ahead of what is held: that says nothing of what was held before.
      state.before ??= state.quiet === undefined && right === left ? 0 : undefined
      const { isSettled, since } = settle(state, { key: JSON.stringify([state.terms, held]), now })
      if (isSettled) {
        state.before ??= Math.max(0, right - left)
      }
      const before = state.before ?? 0
      const differs = state.before !== undefined && isSettled && left + before !== right
      return {
        ...state.terms,
        held,
        ...(before === 0 ? {} : { before }),
        ...(differs ? { differsSince: since } : {})
      }
    },
    clear: () => {
      state = emptyState()
    }
  }
}

/** Whether nothing has moved for long enough. Once it has not, it stays so until something moves. */
const settle = (state: State, { key, now }: { readonly key: string; readonly now: number }): Quiet => {
  if (state.quiet?.key !== key) {
    const reports = new Map(Array.from(state.processes, (process) => [process, process.reports]))
    state.quiet = { key, since: now, reports, isSettled: false }
  }
  const { quiet } = state
  const going = Array.from(state.processes).filter((process) => isGoing(process, now))
  const hasReportedTwice = (process: KnownProcess) => process.reports - (quiet.reports.get(process) ?? 0) >= 2
  quiet.isSettled ||= now - quiet.since >= quietMs && going.length > 0 && going.every(hasReportedTwice)
  return quiet
}

/** Whether a process still sends, as far as its interval tells. */
const isGoing = ({ intervalMs, lastSeenAt }: KnownProcess, now: number): boolean =>
  isValid(validFrom(lastSeenAt, intervalMs), now)

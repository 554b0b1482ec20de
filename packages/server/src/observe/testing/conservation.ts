/** The law of jobs: what came in went out, or is still held. */
import * as Clock from "effect/Clock"
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import { InstrumentId } from "../instrument/instrument.ts"
import { MetricsService } from "../metrics.ts"
import { warnOfLeftovers } from "./leftovers.ts"
import { type Handle, selected } from "./selection.ts"

/** The numbers of jobs that {@link expectConserved} compares. */
export interface JobTerms {
  /** Jobs that were accepted. */
  readonly enqueued: number
  /** Dead letters that were replayed. */
  readonly replays: number
  /** Jobs that were completed. */
  readonly completed: number
  /** Jobs that were cancelled. */
  readonly cancelled: number
  /** Jobs that became dead letters. */
  readonly deadLettered: number
}

/** The number of accepted jobs is not the number of jobs that ended or are still held. */
export class NotConserved extends Data.TaggedError("NotConserved")<
  JobTerms & {
    readonly held: number
    /** The held jobs by `jobs_queue_depth`; undefined if it has no series. */
    readonly depth: number | undefined
    readonly jobType: string | undefined
    /** The terms of each selected job type. */
    readonly byType: Readonly<Record<string, JobTerms>>
  }
> {
  /** The number of accepted jobs that neither ended nor are held; negative if more ended or are held than were accepted. */
  get missing(): number {
    return cameIn(this) - wentOut(this) - this.held
  }

  /** The sums that differ, with their terms, and which term may be wrong. */
  override get message(): string {
    const { cancelled, completed, deadLettered, enqueued, held, missing, replays } = this
    const of = this.jobType === undefined ? "" : ` of the type ${JSON.stringify(this.jobType)}`
    const head =
      missing > 0
        ? `${jobs(missing)}${of} came in and neither ended nor ${missing === 1 ? "is" : "are"} held`
        : `${jobs(-missing)}${of} ended or ${missing === -1 ? "is" : "are"} held and never came in`
    const sums =
      `enqueued ${enqueued} + replayed ${replays} = ${cameIn(this)}; completed ${completed} + cancelled ${cancelled} + ` +
      `dead-lettered ${deadLettered} + held ${held} = ${wentOut(this) + held}`
    return [`${head}: ${sums}`, ...this.hints].join("\n")
  }

  /** Which term may be off, where the metrics say more than the sums. */
  private get hints(): ReadonlyArray<string> {
    const { byType, depth, held, missing } = this
    const types = Object.entries(byType)
    return [
      depth === undefined || depth === held
        ? []
        : [
            `jobs_queue_depth shows ${depth} held, not ${held}` +
              (depth - held === missing ? "; with that number the sums are equal" : "")
          ],
      types.length < 2
        ? []
        : types.map(([type, terms]) => {
            const left = cameIn(terms) - wentOut(terms)
            const said = left === 0 ? "all ended" : left > 0 ? `${left} left` : `${-left} more than came in`
            return `  ${type}: ${cameIn(terms)} in, ${wentOut(terms)} out, ${said}`
          })
    ].flat()
  }
}

/** Which jobs to check. */
export interface ConservationOptions {
  /** Checks jobs of this type only; all types unless given. */
  readonly jobType?: string | undefined
}

/**
 * Fails with {@link NotConserved} unless enqueued + replays = completed + cancelled + dead-lettered + held, over all
 * labels. `held` is the number of jobs, of the given type if any, that are waiting, running or will be tried again.
 */
export const expectConserved = (
  held: number,
  { jobType }: ConservationOptions = {}
): Effect.Effect<void, NotConserved, MetricsService> =>
  Effect.gen(function* () {
    const metrics = yield* MetricsService
    yield* warnOfLeftovers(metrics)
    const now = yield* Clock.currentTimeNanos
    const terms = termsOf(metrics, jobType, now)
    if (cameIn(terms) === wentOut(terms) + held) {
      return
    }
    const types = jobType === undefined ? jobTypes(metrics) : [jobType]
    return yield* new NotConserved({
      ...terms,
      held,
      depth: sumOf(metrics.jobs.queueDepth, jobType, now),
      jobType,
      byType: Object.fromEntries(types.map((type) => [type, termsOf(metrics, type, now)]))
    })
  })

const cameIn = ({ enqueued, replays }: JobTerms): number => enqueued + replays

const wentOut = ({ cancelled, completed, deadLettered }: JobTerms): number => completed + cancelled + deadLettered

const termsOf = ({ jobs: handles }: MetricsService, jobType: string | undefined, now: bigint): JobTerms => {
  const of = (handle: Handle): number => sumOf(handle, jobType, now) ?? 0
  return {
    enqueued: of(handles.enqueued),
    replays: of(handles.replays),
    completed: of(handles.completions),
    cancelled: of(handles.cancellations),
    deadLettered: of(handles.deadLettered)
  }
}

const sumOf = (handle: Handle, jobType: string | undefined, now: bigint): number | undefined => {
  const { sum } = selected(handle, jobType === undefined ? {} : { job_type: jobType }, now)
  return typeof sum === "number" ? sum : undefined
}

/** The types that any of the terms has, sorted. */
const jobTypes = ({ jobs: handles }: MetricsService): ReadonlyArray<string> => {
  const { cancellations, completions, deadLettered, enqueued, replays } = handles
  const found = [cancellations, completions, deadLettered, enqueued, replays].flatMap((handle) => labelValues(handle))
  return Array.from(new Set(found)).sort()
}

const labelValues = (handle: Handle): ReadonlyArray<string> =>
  Array.from(handle[InstrumentId].all()).flatMap(({ labels }) =>
    labels.flatMap(({ key, value }) => (key === "job_type" ? [value] : []))
  )

const jobs = (count: number): string => (count === 1 ? "1 job" : `${count} jobs`)

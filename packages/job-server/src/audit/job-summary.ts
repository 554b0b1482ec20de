/** What became of the jobs, by the ledgers of all processes. */
import type { Entry, Happened } from "./event-log.ts"

/** The jobs of a run; each is in exactly one of `completed`, `failed`, `cancelled` and `unfinished`. */
export interface JobSummary {
  readonly total: number
  readonly types: Readonly<Record<string, number>>
  readonly completed: number
  /** Jobs that are dead letters. */
  readonly failed: number
  /** Dead letters by the reason of their last failure. */
  readonly failures: Readonly<Record<string, number>>
  readonly cancelled: number
  /** Attempts after the first. */
  readonly retried: number
  /** Dead letters that were put back to work. */
  readonly replayed: number
  /** Attempts that began on a job whose runner was lost, or handed it over. */
  readonly redelivered: number
  /** Jobs that had not come to an end when the run was ended. */
  readonly unfinished: number
}

export const summaryOf = (entries: ReadonlyArray<Entry>): JobSummary => {
  const happened = entries.map(({ what }) => what)
  const submitted = happened.filter(is("Submitted")).filter(succeeded)
  const cancelled = happened.filter(is("Cancelled")).filter(succeeded).length
  const claimed = happened.filter(is("Claimed"))
  const settled = happened.filter(is("Settled")).filter(({ isOurs }) => isOurs)
  const completed = settled.filter((one) => one.as === "Completed").length
  const failures = failuresOf(happened)
  return {
    total: submitted.length,
    types: tally(submitted.map(({ type }) => type)),
    completed,
    failed: failures.length,
    failures: tally(failures.map(({ reason }) => reason ?? "")),
    cancelled,
    retried: claimed.filter(({ attempt, isRedelivered }) => attempt > 1 && !isRedelivered).length,
    replayed: happened.filter(is("Replayed")).filter(succeeded).length,
    redelivered: claimed.filter(({ isRedelivered }) => isRedelivered).length,
    unfinished: submitted.length - completed - failures.length - cancelled
  }
}

/** The dead letters that are there at the end: those that died last, less those that were put back since. */
export const failuresOf = (happened: ReadonlyArray<Happened>): ReadonlyArray<Of<"Settled">> => {
  const died = happened.filter(is("Settled")).filter(({ as, isOurs }) => isOurs && as === "Dead")
  const replayed = happened.filter(is("Replayed")).filter(succeeded)
  const left = new Map<string, number>()
  for (const { job } of replayed) left.set(job, (left.get(job) ?? 0) + 1)
  return died.filter(({ job }) => {
    const again = left.get(job) ?? 0
    left.set(job, again - 1)
    return again <= 0
  })
}

type Of<Tag extends Happened["_tag"]> = Extract<Happened, { readonly _tag: Tag }>

const is =
  <Tag extends Happened["_tag"]>(tag: Tag) =>
  (what: Happened): what is Of<Tag> =>
    what._tag === tag

const succeeded = ({ outcome }: { readonly outcome: string }) => outcome === "success"

const tally = (words: ReadonlyArray<string>): Readonly<Record<string, number>> => {
  const counts: Record<string, number> = {}
  for (const word of [...words].sort()) counts[word] = (counts[word] ?? 0) + 1
  return counts
}

/** What a ledger tells of each attempt at a job, from its claim to its end. */
import type { Entry, Happened } from "./event-log.ts"

type EntryOf<Tag extends Happened["_tag"]> = Entry & { readonly what: Extract<Happened, { readonly _tag: Tag }> }

/** An attempt: what is absent did not happen, or not before the process ended. */
export interface AttemptStory {
  readonly claimed: EntryOf<"Claimed">
  readonly began?: Entry
  readonly finished?: EntryOf<"Finished">
  readonly settled?: EntryOf<"Settled">
}

/**
 * The attempts by the index of the entry that began each, and by the one with which its end is recorded: the answer of
 * the store, or, of an attempt that was cancelled and so is not settled, the end of its handler, or the cancellation
 * where the handler had not begun.
 */
export const attemptsOf = (entries: ReadonlyArray<Entry>): ReadonlyMap<number, AttemptStory> => {
  const stories = new Map<number, AttemptStory>()
  const open = new Map<string, Open>()
  const close = (job: string, end: number | undefined) => {
    const attempt = open.get(job)
    open.delete(job)
    if (attempt === undefined) return
    stories.set(attempt.index, attempt.story)
    if (end !== undefined) stories.set(end, attempt.story)
  }
  for (const [index, entry] of entries.entries()) {
    if (isA(entry, "Claimed")) {
      close(entry.what.job, open.get(entry.what.job)?.unsettledEnd)
      open.set(entry.what.job, { index, story: { claimed: entry } })
    }
    if (!("job" in entry.what)) continue
    const { job } = entry.what
    const attempt = open.get(job)
    if (attempt === undefined) continue
    if (isA(entry, "Began")) attempt.story = { ...attempt.story, began: entry }
    if (isA(entry, "Cancelled") && entry.what.outcome === "success") attempt.unsettledEnd = index
    if (isA(entry, "Finished")) {
      attempt.story = { ...attempt.story, finished: entry }
      if (entry.what.outcome === "interrupted") attempt.unsettledEnd = index
    }
    if (isA(entry, "Settled")) {
      attempt.story = { ...attempt.story, settled: entry }
      close(job, index)
    }
  }
  for (const [job, { unsettledEnd }] of open) close(job, unsettledEnd)
  return stories
}

interface Open {
  readonly index: number
  story: AttemptStory
  /** Where the end is recorded if the store is not told of it. */
  unsettledEnd?: number
}

const isA = <Tag extends Happened["_tag"]>(entry: Entry, tag: Tag): entry is EntryOf<Tag> => entry.what._tag === tag

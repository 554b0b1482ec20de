/** The records of a request that can be taken, and what is wrong with the others. */

export interface ReadRecords<A> {
  readonly records: ReadonlyArray<A>
  readonly rejected: number
  /** One text for all that were rejected: a request may have a million. */
  readonly problem: string | undefined
}

export interface Problems<A> {
  /** Takes a record, or what is wrong with one. */
  readonly take: (record: A | string) => void
  readonly result: () => ReadRecords<A>
}

export const makeProblems = <A extends object>(what: string): Problems<A> => {
  const records: Array<A> = []
  let rejected = 0
  let first = ""
  return {
    take: (record) => {
      if (typeof record !== "string") {
        records.push(record)
        return
      }
      first = rejected === 0 ? record : first
      rejected += 1
    },
    result: () => {
      const more = rejected > 1 ? `; ${rejected - 1} more` : ""
      return { records, rejected, problem: rejected === 0 ? undefined : `a ${what} was rejected: ${first}${more}` }
    }
  }
}

/** What runs now, in the order in which it began: entering and leaving take no time that grows with how many there are. */

/** One run that has not ended. */
export interface Run {
  readonly startNanos: bigint
  before: Run | undefined
  after: Run | undefined
}

/** The runs that share a series. */
export class Runs {
  oldest: Run | undefined = undefined
  private newest: Run | undefined = undefined

  enter(startNanos: bigint): Run {
    const { newest } = this
    const run: Run = { startNanos, before: newest, after: undefined }
    this.newest = run
    if (newest === undefined) {
      this.oldest = run
    } else {
      newest.after = run
    }
    return run
  }

  /** Ends a run that entered; it must be called once. */
  leave({ after, before }: Run): void {
    if (before === undefined) {
      this.oldest = after
    } else {
      before.after = after
    }
    if (after === undefined) {
      this.newest = before
    } else {
      after.before = before
    }
  }
}

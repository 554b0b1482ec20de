/** What runs now, in the order in which it began: entering and leaving take no time that grows with how many there are. */

/** One run that has not ended, and those that began before and after it. */
export interface Run {
  readonly elapsed: () => number
  before: Run | undefined
  after: Run | undefined
}

/** The runs that share a series. */
export class Runs {
  oldest: Run | undefined = undefined
  private newest: Run | undefined = undefined

  enter(run: Run): void {
    const { newest } = this
    run.before = newest
    this.newest = run
    if (newest === undefined) {
      this.oldest = run
    } else {
      newest.after = run
    }
  }

  /** Ends a run that entered; it must be called once. */
  leave(run: Run): void {
    const { after, before } = run
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
    // One that has become old would keep those after it from the collection of young garbage, each the next one.
    run.before = undefined
    run.after = undefined
  }
}

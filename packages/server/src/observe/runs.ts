/** What runs now, in the order in which it began: entering and leaving take no time that grows with how many there are. */

/** One run that has not ended. */
export class Run {
  readonly startNanos: bigint
  private readonly runs: Runs
  private before: Run | undefined
  private after: Run | undefined

  constructor(runs: Runs, startNanos: bigint, before: Run | undefined) {
    this.runs = runs
    this.startNanos = startNanos
    this.before = before
    if (before !== undefined) {
      before.after = this
    }
  }

  /** Ends the run; it must be called once. */
  leave(): void {
    const { after, before, runs } = this
    if (before === undefined) {
      runs.oldest = after
    } else {
      before.after = after
    }
    if (after === undefined) {
      runs.newest = before
    } else {
      after.before = before
    }
  }
}

/** The runs that share a series. */
export class Runs {
  oldest: Run | undefined
  newest: Run | undefined

  enter(startNanos: bigint): Run {
    const run = new Run(this, startNanos, this.newest)
    this.newest = run
    this.oldest ??= run
    return run
  }
}

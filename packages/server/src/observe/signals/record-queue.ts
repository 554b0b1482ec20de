/** Records that wait to be exported: bounded, in the order in which they came. */

/** Told how many records were dropped. */
export type OnDrop = (records: number) => void

/** A queue that never holds more than its limit; what comes while it is full is dropped, as the specification says. */
export class RecordQueue<A> {
  private records: Array<A> = []
  /** What has been taken from the front of `records`. */
  private taken = 0
  private readonly limit: number
  private readonly onDrop: OnDrop

  constructor(limit: number, onDrop: OnDrop) {
    this.limit = limit
    this.onDrop = onDrop
  }

  get size(): number {
    return this.records.length - this.taken
  }

  add(record: A): void {
    if (this.size >= this.limit) {
      this.onDrop(1)
    } else {
      this.records.push(record)
    }
  }

  /** At most so many, the oldest first. */
  take(most: number): ReadonlyArray<A> {
    const found = this.records.slice(this.taken, this.taken + most)
    this.taken += found.length
    if (this.taken > this.records.length / 2) {
      this.records = this.records.slice(this.taken)
      this.taken = 0
    }
    return found
  }

  /** What was taken and could not be exported is the next again; of what has come meanwhile, the newest is over. */
  putBack(records: ReadonlyArray<A>): void {
    const all = [...records, ...this.records.slice(this.taken)]
    const over = all.length - this.limit
    this.records = over > 0 ? all.slice(0, this.limit) : all
    this.taken = 0
    if (over > 0) {
      this.onDrop(over)
    }
  }
}

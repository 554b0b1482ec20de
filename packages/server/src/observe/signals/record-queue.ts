/** Records that wait to be exported: bounded in number and in text, in the order in which they came. */

/** Told how many records were dropped, and of what there was too much. */
export type OnDrop = (records: number, why: string) => void

/** How much may wait. */
export interface QueueLimits<A> {
  readonly records: number
  readonly characters: number
  /** How many characters of text a record has, about. */
  readonly charactersOf: (record: A) => number
}

interface Waiting<A> {
  readonly record: A
  readonly characters: number
}

/** A queue that never holds more than its limits; what comes while it is full is dropped, as the specification says. */
export class RecordQueue<A> {
  private waiting: Array<Waiting<A>> = []
  /** What has been taken from the front of `waiting`. */
  private taken = 0
  private text = 0
  private readonly limits: QueueLimits<A>
  private readonly onDrop: OnDrop

  constructor(limits: QueueLimits<A>, onDrop: OnDrop) {
    this.limits = limits
    this.onDrop = onDrop
  }

  get size(): number {
    return this.waiting.length - this.taken
  }

  /** How many characters of text wait, about. */
  get characters(): number {
    return this.text
  }

  /** Whether so many more would leave no place for what comes. */
  isFullWith(records: ReadonlyArray<A>): boolean {
    const { characters, charactersOf, records: most } = this.limits
    const more = records.reduce((sum, record) => sum + charactersOf(record), 0)
    return this.size + records.length >= most || this.text + more >= characters
  }

  add(record: A): void {
    this.push({ record, characters: this.limits.charactersOf(record) })
  }

  /** At most so many records, and so many characters where they are more than one; the oldest first. */
  take(most: number, mostCharacters = Number.POSITIVE_INFINITY): ReadonlyArray<A> {
    const found: Array<A> = []
    let text = 0
    for (const { characters, record } of this.waiting.slice(this.taken, this.taken + most)) {
      if (found.length > 0 && text + characters > mostCharacters) {
        break
      }
      found.push(record)
      text += characters
    }
    this.taken += found.length
    this.text -= text
    if (this.taken > this.waiting.length / 2) {
      this.waiting = this.waiting.slice(this.taken)
      this.taken = 0
    }
    return found
  }

  /** What was taken and could not be exported is the next again; of what has come meanwhile, the newest is over. */
  putBack(records: ReadonlyArray<A>): void {
    const since = this.waiting.slice(this.taken)
    this.waiting = []
    this.taken = 0
    this.text = 0
    records.forEach((record) => this.add(record))
    since.forEach((one) => this.push(one))
  }

  /** One record has place, however long it is. */
  private push(one: Waiting<A>): void {
    const { limits, size, text } = this
    if (size >= limits.records) {
      this.onDrop(1, `more than ${limits.records} wait`)
    } else if (size > 0 && text + one.characters > limits.characters) {
      this.onDrop(1, `more than ${limits.characters} characters wait`)
    } else {
      this.waiting.push(one)
      this.text += one.characters
    }
  }
}

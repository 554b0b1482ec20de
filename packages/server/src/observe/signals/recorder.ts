/** What a tracer or a logger gives its records to. */

/** Takes the records of one signal. */
export interface Recorder<A> {
  /** Something was recorded, sampled or not. */
  readonly seen: () => void
  /** This is to be exported. */
  readonly add: (record: A) => void
  /** Something can't be recorded. */
  readonly unreadable: (why: string) => void
}

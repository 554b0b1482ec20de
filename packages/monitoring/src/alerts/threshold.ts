/** The numbers that decide whether an alert fires. What they are called and what they may be is the same for all alerts. */

/** A number that decides whether an alert fires, and what it counts, for the guide. */
export interface Threshold {
  readonly value: number
  /** With its unit: `seconds that ...`, `share of ..., from 0 to 1`. */
  readonly help: string
  /** It must be above this; at least 0 unless given. */
  readonly above?: number | undefined
  /** It must be below this: from here on, the alert could never fire. */
  readonly below?: number | undefined
}

/** A share above which an alert fires; `what` is what it is the share of. */
export const share = (value: number, what: string): Threshold => ({
  value,
  help: `share of ${what}, from 0 to 1; more is too much`,
  below: 1
})

/** The number of events that must have happened. */
export const least = (value: number, what: string): Threshold => ({ value, help: `${what}, at least`, above: 0 })

/** The number of things that do not fire an alert; one more does. */
export const allowed = (value: number, what: string): Threshold => ({ value, help: `${what}; more are too many` })

/** A duration above which an alert fires; `what` is what lasts. */
export const seconds = (value: number, what: string): Threshold => ({
  value,
  help: `seconds that ${what}; more is too long`
})

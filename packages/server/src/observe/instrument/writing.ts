/** What a recording is: labels as they are given, and what is done with the amount. */
import type { Ambient, LabelInput } from "./label.ts"
import type { Moment } from "./moment.ts"

/** Adds to a counter, up-down or not, sets a gauge, puts a value into a histogram; or adds to a gauge. */
export type How = "record" | "add"

/** Labels as they are given, and how to record with them. */
export interface Writing {
  readonly labels: LabelInput
  readonly ambient: Ambient
  readonly how: How
  /** The one of the labels that a combinator has added by itself, such as `outcome`: declared or not, it is kept. */
  readonly added?: string | undefined
  /** When and in which span the amount came about; here and now unless given. */
  readonly at?: Moment | undefined
}

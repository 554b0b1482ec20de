/** The attributes of an external metric as the data model has them, and the unit that a label of Effect's timers tells. */
import type { AnyKey } from "../instrument/registry.ts"
import { clean } from "../catalogue/label.ts"
import { textOf } from "./points/text.ts"
import { withoutTaken } from "./taken-names.ts"
import { unitNamed } from "./points/unit.ts"

export type Attributes = Readonly<Record<string, string>>

/** What the labels of a key come to. */
export interface KeyAttributes {
  /** Sorted by name, without the labels that tell the unit. */
  readonly attributes: Attributes
  readonly unit: string
  /** Why a label was left out. */
  readonly leftOut: string | undefined
}

/**
 * Of a label key given twice the inner label, the one given first, stands. An empty value is no label; a label without
 * a key, or with a value that has no text, is left out. `taken` is a name that each of its points has besides: a label of
 * that name, or of one that Prometheus writes over, gets a prefix.
 */
export const attributesOf = ({ tags }: AnyKey, taken: string | undefined): KeyAttributes => {
  const byKey = new Map<string, string>()
  let unit = ""
  let leftOut: string | undefined
  for (const tag of tags) {
    const [key, value] = [textOf(tag.key), textOf(tag.value)]
    const named = key === "unit" || key === "time_unit" ? unitNamed(value ?? "") : undefined
    if (named !== undefined) {
      unit = unit === "" ? named : unit
    } else if (key === undefined || key === "") {
      leftOut ??= `the value "${clean(value ?? "")}" has no key`
    } else if (value === undefined) {
      leftOut ??= `the value of "${clean(key)}" is not a text`
    } else if (value !== "" && !byKey.has(key)) {
      byKey.set(key, value)
    }
  }
  return { attributes: sorted(withoutTaken(byKey, taken)), unit, leftOut }
}

/** Attributes with one more, whose name none of them has; without it where it is empty. */
export const withAttribute = (attributes: Attributes, key: string, value: string): Attributes =>
  value === "" ? attributes : sorted([...Object.entries(attributes), [key, value]])

/** Attributes, sorted by name. */
export const sorted = (pairs: Iterable<readonly [string, string]>): Attributes =>
  Object.fromEntries(Array.from(pairs).sort(([one], [other]) => (one < other ? -1 : 1)))

/** The labels of a recording that its metric declares. Types refuse the others, but JavaScript and widened types don't. */
import * as HashSet from "effect/HashSet"
import type { Row } from "../catalogue/row.ts"
import { type LabelInput, namesOf, only } from "./label.ts"

/** Picks the labels that the row declares, and one that a combinator has added; each of the others is told. */
export const declaredLabels = (
  row: Row,
  leftOut: (label: string) => void
): ((given: LabelInput, added?: string) => LabelInput) => {
  // A set never changes, and is used again and again.
  const sound = new WeakSet<LabelInput>()
  return (given, added) => {
    if (sound.has(given)) {
      return given
    }
    const isDeclared = (name: string): boolean => name === added || row.labels.includes(name)
    const others = namesOf(given).filter((name) => !isDeclared(name))
    others.forEach(leftOut)
    if (others.length > 0) {
      return only(given, isDeclared)
    }
    if (HashSet.isHashSet(given)) {
      sound.add(given)
    }
    return given
  }
}

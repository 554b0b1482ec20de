/** Closed sets of label values: all series that a counter has, so that each is there, at 0, before it first moves. */
import * as MetricLabel from "effect/MetricLabel"
import type { Row } from "../catalogue/row.ts"
import { canonical, type Canonical } from "./label.ts"

/** The labels given, with every combination of the values of the closed ones. */
export const closedCombinations = (row: Row, given: Canonical): ReadonlyArray<Canonical> => {
  const { closed = {} } = row
  const open = given.filter(({ key }) => !Object.hasOwn(closed, key))
  const sets = Object.entries(closed).map(([key, values]) => choices(key, values ?? []))
  return sets
    .reduce<ReadonlyArray<Canonical>>((all, set) => all.flatMap((one) => set.map((more) => [...one, ...more])), [open])
    .map((labels) => canonical(labels))
}

// On success the label `outcome` is absent.
const choices = (key: string, values: ReadonlyArray<string>): ReadonlyArray<Canonical> => {
  const present = values.map((value) => [MetricLabel.make(key, value)])
  return key === "outcome" ? [[], ...present] : present
}

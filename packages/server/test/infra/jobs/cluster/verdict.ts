/** What must be true at the end of every run with several runners. */
import { expect } from "vitest"
import { factNames, type Facts, noFacts } from "./audit.ts"
import type { Outcomes } from "./scenario.ts"

export const expectAgreement = ({ accepted, endedTwice, lastExportMs, runners, tables, untoldMs }: Outcomes): void => {
  // No job lost, none finished twice, the law.
  expect(tables.enqueued).toBe(accepted)
  expect(tables.held).toBe(0)
  expect(endedTwice).toEqual([])
  expect(tables.enqueued + tables.replays).toBe(
    tables.completions + tables.cancellations + tables.deadLettered + tables.held
  )
  // The independent record agrees with the tables.
  const done = runners.map(({ did }) => did).reduce(sum, noFacts)
  const { held: _, ...facts } = tables
  expect(done).toEqual(facts)
  // Whoever ended in an orderly way has told all that it did.
  for (const { did, name, told } of runners) {
    if (name !== "one") {
      expect({ name, ...told }).toEqual({ name, ...did })
    }
  }
  // The killed one did what it told, and what it did not tell it did after its last export.
  const killed = runners.find(({ name }) => name === "one")
  for (const fact of factNames) {
    expect(killed?.told[fact] ?? 0).toBeLessThanOrEqual(killed?.did[fact] ?? 0)
  }
  expect(killed?.did.enqueued).toBeGreaterThan(0)
  expect(tables.redelivered).toBeGreaterThan(0)
  // A fact is true a moment before it is counted: the trigger sees it, the transaction commits, its answer arrives.
  expect(untoldMs.filter((ms) => ms < lastExportMs - momentMs)).toEqual([])
}

/** Long enough for a machine that has much else to do. */
const momentMs = 2000

const sum = (left: Facts, right: Facts): Facts =>
  factNames.reduce((all, fact) => ({ ...all, [fact]: left[fact] + right[fact] }), noFacts)

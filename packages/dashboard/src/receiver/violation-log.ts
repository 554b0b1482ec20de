/** The newest violations. Their texts are cut: they may quote an attribute of a megabyte, and there are many of them. */
import { shorten } from "./quote.ts"
import type { Violation } from "./violation.ts"

/** Older violations are dropped. */
const maxViolations = 10_000

export interface ViolationLog {
  readonly add: (violation: Violation) => void
  readonly all: () => ReadonlyArray<Violation>
  readonly clear: () => void
}

/** `added` is told each violation as it is kept. */
export const makeViolationLog = (added?: (violation: Violation) => void): ViolationLog => {
  let violations: Array<Violation> = []
  return {
    add: ({ attributes, kind, message, name, request }) => {
      const kept = {
        kind,
        name: shorten(name),
        attributes: shorten(attributes),
        message: shorten(message),
        request
      }
      violations.push(kept)
      added?.(kept)
      if (violations.length > maxViolations * 2) {
        violations = violations.slice(-maxViolations)
      }
    },
    all: () => violations.slice(-maxViolations),
    clear: () => {
      violations = []
    }
  }
}

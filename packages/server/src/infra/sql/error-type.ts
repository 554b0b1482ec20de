/** The label `error_type` of what a database did not do. */
import { attempt } from "../../observe/catalogue/attempt.ts"
import { textOf } from "../../observe/catalogue/error-name.ts"
import type { Outcome } from "../../observe/catalogue/outcome.ts"
import { errorTypeOf } from "../../observe/track/error-type.ts"

// A SQLSTATE (`23505`), or the name of an error of a driver or of Node (`SQLITE_BUSY`, `ER_DUP_ENTRY`, `ECONNREFUSED`).
const code = /^[A-Z0-9][A-Z0-9_]{4,63}$/

const maxDepth = 5

/** The code of the database, the driver or Node, of an error or of what caused it. */
export const codeOf = (error: unknown): string | undefined => {
  let current = error
  for (let depth = 0; depth < maxDepth; depth += 1) {
    const found = textOf(current, "code")
    if (found !== undefined && code.test(found)) {
      return found
    }
    current = causeOf(current)
  }
  return undefined
}

const causeOf = (error: unknown): unknown =>
  attempt(() => (typeof error === "object" && error !== null ? Reflect.get(error, "cause") : undefined))

/** The code of a failure, else its tag; the class of a defect; `interrupted`; nothing on success. */
export const errorType = (outcome: Outcome): string | undefined => errorTypeOf(outcome, codeOf)

// Serialisation failures and deadlocks of PostgreSQL, and what other databases call them. Not the whole class 40: after
// 40003 it is not known whether the transaction was committed.
const refused = /^(40001|40P01|ER_LOCK_DEADLOCK|SQLITE_BUSY(_[A-Z_]+)?)$/

/** The code of an error that a transaction can be run again after: a deadlock, or one that lost to another. */
export const refusedCode = (error: unknown): string | undefined => {
  const found = codeOf(error)
  return found !== undefined && refused.test(found) ? found : undefined
}

// SQLite leaves a transaction open whose COMMIT found it busy.
const ended = /^(40001|40P01|ER_LOCK_DEADLOCK)$/

/** The same of a defect, which is how `@effect/sql` tells of a COMMIT that failed; only where that ended the transaction. */
export const refusedAtCommit = (defect: unknown): string | undefined => {
  const found = codeOf(defect)
  return found !== undefined && ended.test(found) ? found : undefined
}

/** Rules of one's own, with their tests, as a configuration has them. */
import type { AlertDefinition } from "./alerts/alert.ts"
import type { AlertTest } from "./rule-tests/alert-test.ts"
import type { Recording } from "./rules/recording.ts"

export interface OwnRules {
  /** Each uses only those of the library, and those before it. */
  readonly recordings?: ReadonlyArray<Recording> | undefined
  readonly alerts?: ReadonlyArray<AlertDefinition> | undefined
  /** Of these alerts, or of the library's. */
  readonly tests?: ReadonlyArray<AlertTest> | undefined
}

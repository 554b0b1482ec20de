/** The label `error_type` of an outcome, as OpenTelemetry's `error.type` has it. */
import { defectReason, errorTag } from "../catalogue/error-name.ts"
import type { Outcome } from "../catalogue/outcome.ts"

/**
 * The code of what went wrong, where there is one; else the tag of a failure, or the class of a defect; `interrupted`;
 * nothing on success.
 */
export const errorTypeOf = (
  outcome: Outcome,
  codeOf: (error: unknown) => string | undefined = () => undefined
): string | undefined => {
  switch (outcome._tag) {
    case "success":
      return undefined
    case "failure":
      return codeOf(outcome.error) ?? errorTag(outcome.error)
    case "defect":
      return codeOf(outcome.defect) ?? defectReason(outcome.defect)
    case "interrupted":
      return outcome._tag
  }
}

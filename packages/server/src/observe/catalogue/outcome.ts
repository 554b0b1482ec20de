/** How an effect ended, as data. Every tracked effect ends in exactly one {@link Outcome}. */

/** How an effect ended; a success has no `outcome` label, so that the success series keep exactly the given labels. */
export type Outcome =
  | { readonly _tag: "success" }
  | { readonly _tag: "failure"; readonly error: unknown }
  | { readonly _tag: "defect"; readonly defect: unknown }
  | { readonly _tag: "interrupted" }

/** The values of the label `outcome`, in the order of precedence: what is not a success. */
export const failedOutcomes = ["failure", "defect", "interrupted"] as const satisfies ReadonlyArray<Outcome["_tag"]>

/** A value of the label `outcome`. */
export type FailedOutcome = (typeof failedOutcomes)[number]

/** The outcome that leaves no label. */
export const success: Outcome = { _tag: "success" }

/** It was interrupted, or has neither failure nor defect. */
export const interrupted: Outcome = { _tag: "interrupted" }

/** The value of the label `outcome`, which a success has not. */
export const failedOutcome = ({ _tag }: Outcome): FailedOutcome | undefined => (_tag === "success" ? undefined : _tag)

/** How an effect ended, as data. Every tracked effect ends in exactly one {@link Outcome}. */

/** How an effect ended; a success has no `outcome` label, so that the success series keep exactly the given labels. */
export type Outcome =
  | { readonly _tag: "success" }
  | { readonly _tag: "failure"; readonly error: unknown }
  | { readonly _tag: "defect"; readonly defect: unknown }
  | { readonly _tag: "interrupted" }

/** The values of the label `outcome`: what is not a success. */
export type FailedOutcome = Exclude<Outcome["_tag"], "success">

/** The values of the label `outcome`, in the order of precedence. */
export const failedOutcomes = ["failure", "defect", "interrupted"] as const satisfies ReadonlyArray<FailedOutcome>

/** The outcome that leaves no label. */
export const success: Outcome = { _tag: "success" }

/** It was interrupted, or has neither failure nor defect. */
export const interrupted: Outcome = { _tag: "interrupted" }

/** The value of the label `outcome`, which a success has not. */
export const failedOutcome = ({ _tag }: Outcome): FailedOutcome | undefined => (_tag === "success" ? undefined : _tag)

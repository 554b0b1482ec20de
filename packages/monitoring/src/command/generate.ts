/** `generate`: writes the files, and says how many of which form. */
import path from "node:path"
import { guide } from "./guide.ts"
import type { Plan } from "./plan.ts"
import { write } from "./write.ts"

export interface GenerateOptions {
  /** Whether the result is printed as JSON. */
  readonly isJson: boolean
  /** The folder from which paths are printed. */
  readonly from: string
}

/** Writes the files of a plan; what to print. */
export const generate = (plan: Plan, { from, isJson }: GenerateOptions): string => {
  const { removed, unchanged, written } = write(plan)
  if (isJson) {
    return `${JSON.stringify({ to: plan.to, written, removed, unchanged })}\n`
  }
  const width = Math.max(...[...plan.folders.keys()].map((form) => form.length))
  const lines = Array.from(plan.folders, ([form, folder]) => {
    return `  ${form.padEnd(width)}  ${path.join(path.relative(from, plan.to), folder)}`
  })
  const counts = [
    `${written.length} ${written.length === 1 ? "file" : "files"} written`,
    `${unchanged} unchanged`,
    ...(removed.length > 0 ? [`${removed.length} removed`] : [])
  ]
  const isFirst = unchanged + removed.length === 0
  return `${[`${counts.join(", ")}:`, ...lines, ...(isFirst ? next(plan, from) : [])].join("\n")}\n`
}

/** What comes after the first time. */
const next = ({ folders, hasRunbooks, to }: Plan, from: string): ReadonlyArray<string> => {
  const markdown = folders.get("markdown")
  return [
    `Next: commit them, and apply each form as ${guide}#forms says.`,
    ...(markdown === undefined || hasRunbooks
      ? []
      : [
          "Alerts link to the library's runbooks, which have its thresholds. To link to yours, set runbooks to the address of " +
            `${path.join(path.relative(from, to), markdown, "runbooks")}.`
        ])
  ]
}

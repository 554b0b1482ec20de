/** The shape of an alert with its runbook, and the one place where an alert is made. */
import type { Range } from "../promql/select.ts"
import type { Vector } from "../promql/vector.ts"

/**
 * - `critical`: work is lost or has stopped; page somebody
 * - `warning`: it will become critical; look at it today
 */
export type Severity = "critical" | "warning"

/** One thing to check while the alert fires, with the query that answers it. */
export interface Check {
  readonly question: string
  readonly query: Vector<string>
}

/** What the person on call reads. */
export interface Runbook {
  /** What is going on, and for whom it matters. */
  readonly meaning: string
  /** How to see what is wrong, and where. */
  readonly firstLook: ReadonlyArray<Check>
  /** The most likely first, each with how to tell it from the others. */
  readonly causes: ReadonlyArray<string>
  /** What to do, in order. */
  readonly fix: ReadonlyArray<string>
  /** How narrow a silence should be, and what to watch meanwhile. */
  readonly silence: string
}

/** The value of a label of the alert, for its text. */
export type Label<L extends string> = (name: L) => string

export interface AlertOptions<L extends string> {
  readonly name: string
  readonly severity: Severity
  /** Fixed labels besides the severity, where rules of one name differ. */
  readonly labels?: Readonly<Record<string, string>>
  /** How long the condition must hold before the alert fires: longer than a rollout. */
  readonly for: Range
  /** How long the alert keeps firing after the condition last held, so that it does not flap. */
  readonly keepFiringFor?: Range
  /** The least that raises it: why a single event, or almost no traffic, does not. */
  readonly threshold: string
  readonly expression: Vector<L>
  /** One line. */
  readonly summary: (label: Label<L>) => string
  /** The value, and the next step. */
  readonly description: (label: Label<L>) => string
  readonly runbook: Runbook
}

/** An alert as it is written into the rules. */
export interface Alert extends Omit<AlertOptions<string>, "expression" | "summary" | "description"> {
  readonly expression: Vector<string>
  readonly summary: string
  readonly description: string
}

/** Makes an alert; its texts can only name labels that it has. */
export const alert = <L extends string>({ description, expression, summary, ...rest }: AlertOptions<L>): Alert => {
  const label: Label<L> = (name) => `{{ $labels.${name} }}`
  return {
    ...rest,
    expression,
    summary: summary(label),
    description: description(label)
  }
}

/** The URL of its runbook: where all runbooks are, and its name. */
export const runbookUrl = ({ name }: Pick<Alert, "name">, runbooks: string): string => `${runbooks}${name}.md`

/** The value of the alert as a share. */
export const percentage = "{{ $value | humanizePercentage }}"

/** The value of the alert as a duration. */
export const duration = "{{ $value | humanizeDuration }}"

/** The value of the alert, in four significant digits. */
export const number = `{{ $value | printf "%.4g" }}`

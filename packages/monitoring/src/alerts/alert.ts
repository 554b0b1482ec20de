/** The shape of an alert with its runbook, and the one place where an alert is made. */
import type { Range } from "../promql/select.ts"
import type { Vector } from "../promql/vector.ts"

/**
 * - `critical`: work is lost or stands still: somebody gets up
 * - `warning`: it will become that: somebody looks at it today
 */
export type Severity = "critical" | "warning"

/** A thing to look at while the alert fires, with the query that shows it. */
export interface Look {
  readonly say: string
  readonly query: Vector<string>
}

/** What the person on call reads. */
export interface Runbook {
  /** What is going on, and for whom it matters. */
  readonly meaning: string
  /** How to see that it is true, and where. */
  readonly confirm: ReadonlyArray<Look>
  /** From the most likely to the least, each with how one tells it from the others. */
  readonly causes: ReadonlyArray<string>
  /** What to do, in order. */
  readonly fix: ReadonlyArray<string>
  /** What a silence hides, how narrow it should be, and what to watch meanwhile. */
  readonly silence: string
}

/** Writes the value of a label of the alert into its text. */
export type Label<L extends string> = (name: L) => string

export interface AlertOptions<L extends string> {
  readonly name: string
  readonly severity: Severity
  /** Fixed labels besides the severity: where rules of one name differ. */
  readonly labels?: Readonly<Record<string, string>>
  /** How long it must hold: longer than a rollout. */
  readonly for: Range
  /** How long it stays after it last held, where it would flap. */
  readonly keepFiringFor?: Range
  /** Why a single event, or almost no traffic, does not raise it. */
  readonly gate: string
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

/** Makes an alert: the texts name only labels that it has. */
export const alert = <L extends string>({ description, expression, summary, ...rest }: AlertOptions<L>): Alert => {
  const label: Label<L> = (name) => `{{ $labels.${name} }}`
  return {
    ...rest,
    expression,
    summary: summary(label),
    description: description(label)
  }
}

/** Where its runbook is read: it follows from its name, and from where all runbooks are. */
export const runbookUrl = ({ name }: Pick<Alert, "name">, runbooks: string): string => `${runbooks}${name}.md`

/** The value of the alert as a share. */
export const percentage = "{{ $value | humanizePercentage }}"

/** The value of the alert as a time. */
export const duration = "{{ $value | humanizeDuration }}"

/** The value of the alert as a number of few digits. */
export const number = `{{ $value | printf "%.4g" }}`

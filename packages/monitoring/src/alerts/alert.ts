/** The shape of an alert with its runbook, and the one place where an alert is made. */
import type { Range } from "../promql/select.ts"
import type { Vector } from "../promql/vector.ts"
import type { AlertOverride, Settings, Severity } from "../settings.ts"
import { longerThan } from "./duration.ts"
import type { Threshold } from "./threshold.ts"

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

/** The thresholds of an alert by name, as they are set. */
export type Values<T extends string> = { readonly [K in T]: number }

/** What else a part of an alert may say: the settings, and what of the alert itself may be set. */
export interface Made extends Settings {
  /** How long the condition must hold before the alert fires, as it is set. */
  readonly for: Range
}

/** A part of an alert, or how it is made from its thresholds and from what is expected of jobs and routes. */
type Part<A, T extends string> = A | ((values: Values<T>, made: Made) => A)

export interface AlertOptions<Name extends string, L extends string, T extends string, W extends string> {
  readonly name: Name
  readonly severity: Severity
  /** The value of the label `window`, where rules of one name watch several: each of them can be switched off. */
  readonly window?: W | undefined
  /** Other fixed labels besides the severity. */
  readonly labels?: Readonly<Record<string, string>> | undefined
  /** How long the condition must hold before the alert fires: longer than a rollout takes unless set otherwise. */
  readonly for: Range
  /** How long the alert keeps firing after the condition last held, so that it does not flap. */
  readonly keepFiringFor?: Range | undefined
  /** How long the condition can hold, in seconds, where it ends by itself: with a longer `for` the alert never fires. */
  readonly lasts?: ((values: Values<T>) => number) | undefined
  /** The numbers that may be set otherwise. */
  readonly thresholds: Readonly<Record<T, Threshold>>
  /** The least that raises it: why a single event, or almost no traffic, does not. */
  readonly threshold: Part<string, T>
  readonly expression: Part<Vector<L>, T>
  /** One line. */
  readonly summary: (label: Label<L>, values: Values<T>, made: Made) => string
  /** The value, and the next step. */
  readonly description: (label: Label<L>, values: Values<T>, made: Made) => string
  readonly runbook: Part<Runbook, T>
}

/** An alert that is made with settings. Rules of one name share their override. */
export interface AlertDefinition<Name extends string = string, T extends string = string, W extends string = string> {
  readonly name: Name
  readonly severity: Severity
  /** The value of its label `window`, where it has one. */
  readonly window: W | undefined
  readonly labels: Readonly<Record<string, string>>
  readonly thresholds: Readonly<Record<T, Threshold>>
  readonly made: (settings: Settings) => Alert
}

/** An alert as it is written into the rules. */
export interface Alert {
  readonly name: string
  readonly severity: Severity
  readonly labels: Readonly<Record<string, string>>
  readonly annotations: Readonly<Record<string, string>>
  readonly for: Range
  readonly keepFiringFor: Range | undefined
  /** How long the condition can hold, in seconds, where it ends by itself. */
  readonly lasts: number | undefined
  /** As they are set. */
  readonly thresholds: Readonly<Record<string, Threshold>>
  readonly threshold: string
  readonly expression: Vector<string>
  readonly summary: string
  readonly description: string
  readonly runbook: Runbook
}

/** Makes an alert; its texts can only name labels that it has. */
export const alert = <const Name extends string, L extends string, T extends string, W extends string = never>(
  options: AlertOptions<Name, L, T, W>
): AlertDefinition<Name, T, W> => ({
  name: options.name,
  severity: options.severity,
  window: options.window,
  labels: fixedLabels(options),
  thresholds: options.thresholds,
  made: (settings) => made(options, settings)
})

/** Whether an alert is switched on, with its window. */
export const isOn = ({ name, window }: Pick<AlertDefinition, "name" | "window">, { alerts }: Settings): boolean => {
  const override = alerts[name]
  return override !== false && (window === undefined || override?.windows?.[window] !== false)
}

const fixedLabels = ({
  labels,
  window
}: {
  readonly labels?: Readonly<Record<string, string>> | undefined
  readonly window?: string | undefined
}): Readonly<Record<string, string>> => ({ ...(window !== undefined && { window }), ...labels })

const made = <L extends string, T extends string>(
  options: AlertOptions<string, L, T, string>,
  settings: Settings
): Alert => {
  const override: AlertOverride = settings.alerts[options.name] || {}
  const values = valuesOf(options.thresholds, override.thresholds ?? {})
  const context: Made = { ...settings, for: override.for ?? longerThan(settings.rollout, options.for) }
  const part = <A>(given: Part<A, T>): A => (isMade(given) ? given(values, context) : given)
  return {
    name: options.name,
    severity: override.severity ?? options.severity,
    labels: { ...settings.labels, ...fixedLabels(options), ...override.labels },
    annotations: { ...settings.annotations, ...override.annotations },
    for: context.for,
    keepFiringFor: override.keepFiringFor ?? options.keepFiringFor,
    lasts: options.lasts?.(values),
    thresholds: thresholdsOf(options.thresholds, values),
    threshold: part(options.threshold),
    expression: part(options.expression),
    summary: options.summary(label, values, context),
    description: options.description(label, values, context),
    runbook: part(options.runbook)
  }
}

const isMade = <A, T extends string>(part: Part<A, T>): part is (values: Values<T>, made: Made) => A =>
  typeof part === "function"

const label = (name: string): string => `{{ $labels.${name} }}`

const valuesOf = <T extends string>(
  thresholds: Readonly<Record<T, Threshold>>,
  override: Readonly<Record<string, number | undefined>>
): Values<T> => {
  const values = Object.fromEntries(
    Object.entries<Threshold>(thresholds).map(([name, { value }]) => [name, override[name] ?? value])
  )
  if (!haveAll(values, thresholds)) {
    throw new Error("a threshold of an alert has no value")
  }
  return values
}

const thresholdsOf = <T extends string>(
  thresholds: Readonly<Record<T, Threshold>>,
  values: Readonly<Record<string, number>>
): Readonly<Record<string, Threshold>> =>
  Object.fromEntries(
    Object.entries<Threshold>(thresholds).map(([name, one]) => [name, { ...one, value: values[name] ?? one.value }])
  )

const haveAll = <T extends string>(
  values: Readonly<Record<string, number>>,
  thresholds: Readonly<Record<T, Threshold>>
): values is Values<T> => Object.keys(thresholds).every((name) => values[name] !== undefined)

/** The value of the alert as a share. */
export const percentage = "{{ $value | humanizePercentage }}"

/** The value of the alert as a duration. */
export const duration = "{{ $value | humanizeDuration }}"

/** The value of the alert, in four significant digits. */
export const number = `{{ $value | printf "%.4g" }}`

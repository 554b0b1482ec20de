/** A test of an alert: when it fires with which text, and a healthy twin for which it does not. */
import type { Input } from "./input.ts"

/** An alert as it must be when it fires. */
export interface Firing {
  /**
   * The labels of its series; `severity`, if it must be `critical` or `warning`; and a fixed label, such as `window`, where
   * rules of one name differ by it.
   */
  readonly labels: Readonly<Record<string, string>>
  readonly summary: string
  readonly description: string
}

export interface AlertTest {
  /** The name of the alert. */
  readonly alert: string
  /** What happens, in a few words; the title of the test. */
  readonly when: string
  /** Written for a store of one environment: labels of `groupBy` and `selector` are added where they are set. */
  readonly series: ReadonlyArray<Input>
  /** The first minute at which it fires; it is silent at every evaluation before. */
  readonly firesAt: number
  readonly firing: ReadonlyArray<Firing>
  /** Nearly the same, but nothing that should wake anybody: silent at every evaluation. */
  readonly healthy: { readonly when: string; readonly series: ReadonlyArray<Input> }
  /** How long the healthy twin is watched, in minutes; an hour or twice as long as it took to fire, unless given. */
  readonly watch?: number | undefined
  /** Minutes between two evaluations; 1 unless given. */
  readonly every?: number | undefined
}

/** A test of an alert, which the form `prometheus` writes for promtool. */
export const alertTest = (test: AlertTest): AlertTest => test

/**
 * What whoever serves the page can show, from `config.json` beside it. Every address is relative to the page, so that it
 * can be mounted under any path, also behind a proxy.
 */
import { signal } from "@preact/signals"

/** The parts that are there. */
export interface Configuration {
  /** Whether `live` answers: the screens of metrics. */
  readonly hasMetrics: boolean
  /** Whether `jobs` answers: the screens of jobs. */
  readonly hasJobs: boolean
  /** What is to be set so that metrics arrive, a line for each variable; shown while there are none. */
  readonly setup: ReadonlyArray<string>
}

/** `undefined` until it has been read. */
export const configuration = signal<Configuration | undefined>(undefined)

/** Why it could not be read; it is tried again each second. */
export const configurationProblem = signal<string | undefined>(undefined)

/** Reads the configuration, until there is one. */
export const loadConfiguration = async (): Promise<void> => {
  try {
    const response = await fetch("config.json")
    if (!response.ok) {
      throw new Error(`The server answered ${response.status} ${response.statusText}.`)
    }
    configuration.value = await response.json()
    configurationProblem.value = undefined
  } catch (error) {
    configurationProblem.value = error instanceof Error ? error.message : String(error)
    setTimeout(() => void loadConfiguration(), 1000)
  }
}

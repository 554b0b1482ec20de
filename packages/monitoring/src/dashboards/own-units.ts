/** Units of Grafana for those of rows, which are UCUM: `s`, `By`, `{job}`. */

/** The unit of a value: of a gauge, or of what a histogram sorts. */
export const currentUnit = (unit: string): string => known[unit] ?? `suffix: ${plain(unit)}`

/** The unit of a counter's growth a second. */
export const rateUnit = (unit: string): string => rates[unit] ?? `suffix: ${plain(unit)}/s`

/** The unit of how many values a histogram takes a second. */
export const countUnit = "suffix: values/s"

/** Whether values of several processes can be added up: amounts and counts, no shares, degrees, ages or points in time. */
export const isAddedUp = (unit: string): boolean => !["s", "1", "%", "Cel"].includes(unit)

const known: Readonly<Record<string, string>> = {
  s: "s",
  By: "bytes",
  "1": "percentunit",
  "%": "percent",
  Cel: "celsius",
  "By/s": "binBps"
}

/** Seconds a second are a share of the time. */
const rates: Readonly<Record<string, string>> = { s: "percentunit", By: "binBps" }

/** `{job}` -> `job`. */
const plain = (unit: string): string => unit.replaceAll(/[{}]/g, "")

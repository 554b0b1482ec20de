/** Names, numbers and texts as both text formats write them. */

/** A metric's name: what is not a letter, a digit, an underscore or a colon becomes an underscore. */
export const metricName = (name: string): string => {
  const clean = name.replace(/[^a-zA-Z0-9_:]/g, "_")
  return /^[0-9]/.test(clean) ? `_${clean}` : clean
}

/** A label's name: the same without colons. */
export const labelName = (name: string): string => {
  const clean = name.replace(/[^a-zA-Z0-9_]/g, "_")
  return /^[0-9]/.test(clean) ? `_${clean}` : clean === "" ? "_" : clean
}

/** A label's value, or the text of `# HELP` in OpenMetrics, between quotes or not. */
export const escaped = (text: string): string =>
  needsEscape.test(text) ? text.replaceAll("\\", "\\\\").replaceAll("\n", "\\n").replaceAll('"', '\\"') : text

const needsEscape = /[\\\n"]/

/** The text of `# HELP` in the Prometheus text format, where quotes stay. */
export const escapedHelp = (text: string): string => text.replaceAll("\\", "\\\\").replaceAll("\n", "\\n")

/**
 * The bound of a bucket, or a quantile: as Go formats a float by default, with `.0` where that has neither point nor
 * exponent. OpenMetrics wants that form ("Canonical Numbers"), and Prometheus brings all bounds into it since version 3.
 */
export const bound = (value: number): string => {
  const [digits, exponent = ""] = value.toExponential().split("e")
  const power = Number(exponent)
  if (power < -4 || power >= 6) {
    return `${digits}e${power < 0 ? "-" : "+"}${String(Math.abs(power)).padStart(2, "0")}`
  }
  return Number.isInteger(value) ? `${value}.0` : String(value)
}

/**
 * Labels as they stand between braces, sorted, so that the same ones are the same text; empty without any. A name that
 * scrapers keep for themselves, or that the sample has besides, gets the prefix that Prometheus itself uses for such.
 */
export const labelsOf = (attributes: Readonly<Record<string, string>>, taken: string | undefined): string => {
  const byName = new Map<string, string>()
  for (const [key, value] of Object.entries(attributes)) {
    const clean = labelName(key)
    const name = clean === taken || clean.startsWith("__") ? `exported_${clean}` : clean
    const known = byName.get(name)
    // As OpenTelemetry's rules for Prometheus have it where two names become one.
    byName.set(name, known === undefined ? value : `${known};${value}`)
  }
  return Array.from(byName)
    .sort(([one], [other]) => (one < other ? -1 : 1))
    .map(([name, value]) => `${name}="${escaped(value)}"`)
    .join(",")
}

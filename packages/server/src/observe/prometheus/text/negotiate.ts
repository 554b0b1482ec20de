/** Which text format a scraper asks for. */

/** `openmetrics` is OpenMetrics 1.0.0, `text` the Prometheus text format 0.0.4. */
export type TextFormat = "openmetrics" | "text"

export const contentTypes = {
  openmetrics: "application/openmetrics-text; version=1.0.0; charset=utf-8",
  text: "text/plain; version=0.0.4; charset=utf-8"
} as const satisfies Record<TextFormat, string>

/** OpenMetrics where the `Accept` header names it and likes it at least as much as plain text; else plain text. */
export const formatFor = (accept: string | undefined): TextFormat => {
  const ranges = (accept ?? "").split(",").map(rangeOf)
  const open = best(ranges.filter(({ type, version }) => type === "application/openmetrics-text" && isKnown(version)))
  const text = best(ranges.filter(({ type }) => type === "text/plain"))
  return open > 0 && open >= text ? "openmetrics" : "text"
}

interface Range {
  readonly type: string
  readonly version: string | undefined
  readonly quality: number
}

const rangeOf = (range: string): Range => {
  const [type = "", ...parameters] = range.split(";").map((part) => part.trim().toLowerCase())
  const values = new Map(parameters.map((parameter) => pairOf(parameter)))
  const quality = Number(values.get("q") ?? 1)
  return { type, version: values.get("version"), quality: Number.isFinite(quality) ? quality : 0 }
}

const pairOf = (parameter: string): readonly [string, string] => {
  const [name = "", value = ""] = parameter.split("=")
  return [name.trim(), value.trim().replace(/^"(.*)"$/, "$1")]
}

const isKnown = (version: string | undefined): boolean =>
  version === undefined || version === "1.0.0" || version === "0.0.1"

const best = (ranges: ReadonlyArray<Range>): number => Math.max(0, ...ranges.map(({ quality }) => quality))

/** A series as one line of text, as `name{label="value"} 3`. */
import type { Series } from "./model.ts"
import { shorten } from "./quote.ts"

/** The line of a series; texts of strangers in it are short and printable. */
export const seriesText = ({ attributes, name, total }: Series): string => {
  const labels = Object.entries(attributes).map(([key, value]) => `${shorten(key)}=${shorten(JSON.stringify(value))}`)
  const value = typeof total === "number" ? String(total) : `count ${total.count}, sum ${total.sum ?? "unknown"}`
  return `${shorten(name)}{${labels.join(",")}} ${value}`
}

/** Texts and areas of an SVG. */

/** A rectangle, in pixels. */
export interface Area {
  readonly x: number
  readonly y: number
  readonly w: number
  readonly h: number
}

export const colors = { ink: "#1f2328", quiet: "#5c6370", grid: "#e6e8eb", event: "#8a8f98" } as const

/** Told apart by colour-blind people too (Okabe and Ito), and dark enough on white. */
const palette = ["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#b07d00", "#3a9bd6", "#1f2328", "#7a5195"]

/** The colour and the dashes of the series with this index: no two of the first 24 look the same. */
export const look = (index: number): { readonly color: string; readonly dash: string } => ({
  color: palette[index % palette.length] ?? colors.ink,
  dash: ["", ' stroke-dasharray="5 2"', ' stroke-dasharray="1.5 2"'][Math.floor(index / palette.length) % 3] ?? ""
})

export interface TextOptions {
  readonly x: number
  readonly y: number
  readonly size: number
  readonly fill?: string
  readonly weight?: number
  readonly anchor?: "middle" | "end"
}

export const text = ({ anchor, fill = colors.ink, size, weight, x, y }: TextOptions, content: string): string =>
  `<text x="${decimal(x)}" y="${decimal(y)}" font-size="${size}" fill="${fill}"` +
  `${weight === undefined ? "" : ` font-weight="${weight}"`}${anchor === undefined ? "" : ` text-anchor="${anchor}"`}>` +
  `${escape(content)}</text>`

/** At most one digit after the point. */
export const decimal = (value: number): string => String(Math.round(value * 10) / 10)

/** About how wide a text is; no font is at hand to measure it. */
export const textWidth = (content: string, size: number): number => content.length * size * 0.55

/** The text, cut to a width. */
export const shortened = (content: string, width: number, size: number): string => {
  const columns = Math.floor(width / textWidth("x", size))
  return content.length <= columns ? content : `${content.slice(0, Math.max(1, columns - 1))}…`
}

/** The text in lines of at most this width. */
export const wrapped = (content: string, width: number, size: number): ReadonlyArray<string> => {
  const lines: Array<string> = []
  let line = ""
  for (const word of content.split(" ")) {
    const longer = line === "" ? word : `${line} ${word}`
    if (line !== "" && textWidth(longer, size) > width) {
      lines.push(line)
      line = word
    } else {
      line = longer
    }
  }
  return [...lines, line]
}

export const escape = (content: string): string =>
  content.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;")

/**
 * An SVG of a dashboard's layout, drawn from its Grafana JSON: position, title, unit and queries of each panel. The
 * curves only show the kind of panel; they are not data.
 */
import { unitName } from "../dashboards/dashboard.ts"

/** The parts of a panel in Grafana's JSON that are drawn. */
interface Drawn {
  readonly type: string
  readonly title: string
  readonly gridPos: { readonly x: number; readonly y: number; readonly w: number; readonly h: number }
  readonly fieldConfig?: { readonly defaults?: { readonly unit?: string } }
  readonly targets?: ReadonlyArray<{ readonly expr: string; readonly legendFormat?: string }>
}

interface DrawnDashboard {
  readonly title: string
  readonly description: string
  readonly templating: { readonly list: ReadonlyArray<{ readonly label?: string; readonly name: string }> }
  readonly panels: ReadonlyArray<Drawn>
}

const column = 56
const line = 26
const gap = 4
const top = 84

/** The SVG of a dashboard, from its JSON. */
export const picture = (json: string): string => {
  const dashboard: DrawnDashboard = JSON.parse(json)
  const bottom = Math.max(...dashboard.panels.map(({ gridPos }) => gridPos.y + gridPos.h))
  const width = 24 * column
  const height = top + bottom * line + gap
  const variables = dashboard.templating.list.map(({ label, name }) => `${label ?? name} ▾`).join("   ")
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" ` +
      `font-family="Inter, Helvetica, Arial, sans-serif" role="img" aria-label="${escape(dashboard.title)}">`,
    `<rect width="${width}" height="${height}" fill="#f4f5f5"/>`,
    text({ x: 12, y: 28, size: 19, weight: 600 }, dashboard.title),
    text({ x: 12, y: 49, size: 13, fill: "#5c6370" }, dashboard.description),
    text({ x: 12, y: 72, size: 12, fill: "#1f60c4" }, variables),
    ...dashboard.panels.map((panel) => (panel.type === "row" ? rowLine(panel) : box(panel))),
    "</svg>\n"
  ].join("\n")
}

const place = ({ gridPos: { h, w, x, y } }: Drawn) => ({
  x: x * column + gap / 2,
  y: top + y * line + gap / 2,
  w: w * column - gap,
  h: h * line - gap
})

const rowLine = (panel: Drawn): string => {
  const { x, y } = place(panel)
  return text({ x: x + 6, y: y + 17, size: 14, weight: 600 }, `▾ ${panel.title}`)
}

const box = (panel: Drawn): string => {
  const { h, w, x, y } = place(panel)
  const unit = panel.fieldConfig?.defaults?.unit ?? ""
  const queries = wrapped(panel, { columns: Math.floor((w - 16) / 6), lines: panel.type === "stat" ? 1 : 7 })
  const under = y + h - 8 - (queries.length - 1) * 12.5
  return [
    `<g><rect x="${x}" y="${y}" width="${w}" height="${h}" rx="3" fill="#fff" stroke="#d9dbdf"/>`,
    text({ x: x + 8, y: y + 18, size: 12.5, weight: 600 }, shortened(panel.title, Math.floor((w - 90) / 6.6))),
    text({ x: x + w - 8, y: y + 18, size: 11, fill: "#8a8f98", anchor: "end" }, unitName(unit)),
    sketch(panel.type, { x: x + 8, y: y + 28, w: w - 16, h: Math.max(14, under - y - 46) }, panel.targets?.length ?? 0),
    ...queries.map((query, index) =>
      text({ x: x + 8, y: under + index * 12.5, size: 9.8, fill: "#6b7280", family: "monospace" }, query)
    ),
    "</g>"
  ].join("\n")
}

/** The queries that fit, one a line, without the matchers of variables, which all of them have. */
const wrapped = (panel: Drawn, space: { readonly columns: number; readonly lines: number }): ReadonlyArray<string> => {
  const lines = (panel.targets ?? []).map(({ expr, legendFormat = "" }) =>
    shortened(`${legendFormat}: ${withoutVariables(expr)}`, space.columns)
  )
  return lines.length <= space.lines
    ? lines
    : [...lines.slice(0, space.lines - 1), `… and ${lines.length - space.lines + 1} more`]
}

const withoutVariables = (expr: string): string =>
  expr
    .replaceAll(/\s+/g, " ")
    .replaceAll(/[a-z_]+=~"\$[a-z_]+"(, )?/g, "")
    .replaceAll(/, \}/g, "}")
    .replaceAll("{}", "")
    .replaceAll("( ", "(")
    .replaceAll(" )", ")")
    .replaceAll("[$__rate_interval]", "[…]")

interface Area {
  readonly x: number
  readonly y: number
  readonly w: number
  readonly h: number
}

/** A sketch of the kind of panel. */
const sketch = (type: string, area: Area, queries: number): string => {
  switch (type) {
    case "stat":
      return text(
        { x: area.x + area.w / 2, y: area.y + area.h - 2, size: 26, fill: "#3d71d9", anchor: "middle" },
        "123"
      )
    case "heatmap":
      return heat(area)
    default:
      return [0.3, 0.55, 0.8].map((lift, index) => curve(area, lift, queries > index)).join("")
  }
}

const steps = 24

const curve = ({ h, w, x, y }: Area, lift: number, isShown: boolean): string => {
  const points = Array.from({ length: steps + 1 }, (_, index) => {
    const wave = Math.sin(index * 0.7 + lift * 9) * 0.1 + Math.sin(index * 0.23 + lift * 4) * 0.08
    return `${(x + (w * index) / steps).toFixed(1)},${(y + h * (1 - lift + wave)).toFixed(1)}`
  })
  return isShown ? `<polyline points="${points.join(" ")}" fill="none" stroke="${pale}" stroke-width="1.5"/>` : ""
}

const pale = "#c3cfe6"

const heat = ({ h, w, x, y }: Area): string =>
  Array.from({ length: steps * 4 }, (_, index) => {
    const [at, level] = [index % steps, Math.floor(index / steps)]
    const strength = Math.max(0.06, 0.8 - Math.abs(level - 2 - Math.sin(at * 0.5)) * 0.45)
    const [left, up] = [x + (w * at) / steps, y + (h * level) / 4]
    return `<rect x="${left.toFixed(1)}" y="${up.toFixed(1)}" width="${(w / steps - 1).toFixed(1)}" height="${(h / 4 - 1).toFixed(1)}" fill="${pale}" opacity="${strength.toFixed(2)}"/>`
  }).join("\n")

interface TextOptions {
  readonly x: number
  readonly y: number
  readonly size: number
  readonly fill?: string
  readonly weight?: number
  readonly anchor?: "middle" | "end"
  readonly family?: string
}

const text = ({ anchor, family, fill = "#1f2328", size, weight, x, y }: TextOptions, content: string): string =>
  `<text x="${x.toFixed(1)}" y="${y.toFixed(1)}" font-size="${size}" fill="${fill}"` +
  `${weight === undefined ? "" : ` font-weight="${weight}"`}${anchor === undefined ? "" : ` text-anchor="${anchor}"`}` +
  `${family === undefined ? "" : ` font-family="${family}"`}>${escape(content)}</text>`

const shortened = (content: string, columns: number): string =>
  content.length <= columns ? content : `${content.slice(0, Math.max(1, columns - 1))}…`

const escape = (content: string): string =>
  content.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;")

/** What all plots have in common: axes, cursor and size. */
import type uPlot from "uplot"
import { formatQuantity } from "../text/quantity.ts"
import { colour } from "./theme.ts"

const font = "11px system-ui, sans-serif"

export const axis = (): uPlot.Axis => ({
  stroke: colour("--muted"),
  grid: { stroke: colour("--line"), width: 1 },
  ticks: { show: false },
  font
})

const time = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit" })
const timeWithSeconds = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit", second: "2-digit" })

export const timeAxis = (): uPlot.Axis => ({
  ...axis(),
  space: 60,
  incrs: [1, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600],
  size: 24,
  gap: 4,
  values: (_, splits) => {
    const format = splits.some((split) => split % 60 !== 0) ? timeWithSeconds : time
    return splits.map((split) => format.format(split * 1000))
  }
})

export const sizeOfLabels = (_: uPlot, values: Array<string> | null): number =>
  Math.max(36, ...(values ?? []).map((value) => 6.2 * value.length + 12))

/** 1, 2, 5, 10, 20, 50 and so on, from a first one. */
const decimal = (first: number, count: number): ReadonlyArray<number> =>
  Array.from({ length: count }, (_, index) => first * ([1, 2, 5][index % 3] ?? 1) * 10 ** Math.floor(index / 3))

/** Steps between labels that make round numbers of seconds and of bytes. */
const steps = new Map([
  ["s", [...decimal(1e-9, 29), 15, 30, 60, 120, 300, 600, 1200, 1800, ...decimal(3600, 12)]],
  ["By", Array.from({ length: 50 }, (_, power) => 2 ** power)]
])

export const valueAxis = (unit: string): uPlot.Axis => ({
  ...axis(),
  ...incrementsOf(unit),
  space: 28,
  gap: 6,
  size: sizeOfLabels,
  values: (_, splits) => splits.map((split) => formatQuantity(split, unit))
})

/** Keeps a plot as wide as the element that it is in, until the result is called. */
export const followWidth = (plot: uPlot, element: HTMLElement): (() => void) => {
  const resized = new ResizeObserver(() => {
    if (plot.width !== element.clientWidth) {
      plot.setSize({ width: element.clientWidth, height: plot.height })
    }
  })
  resized.observe(element)
  return () => resized.disconnect()
}

/** One cursor for all plots of the page. */
export const cursor = (): uPlot.Cursor => ({
  sync: { key: "page" },
  drag: { x: false, y: false },
  points: { size: 6, width: 1 },
  y: false
})

const incrementsOf = (unit: string): Pick<uPlot.Axis, "incrs"> => {
  const incrs = steps.get(unit)
  return incrs === undefined ? {} : { incrs }
}

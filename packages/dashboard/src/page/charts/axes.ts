/** Axes of time and of values: labels at round numbers, round times, and not too close. */
import type uPlot from "uplot"
import { formatQuantity } from "../text/quantity.ts"
import { stepsOf, timeSteps } from "./steps.ts"
import { colour } from "./theme.ts"

const font = "11px system-ui, sans-serif"

const axis = (): uPlot.Axis => ({
  stroke: colour("--muted"),
  grid: { stroke: colour("--line"), width: 1 },
  ticks: { show: false },
  font
})

const minutes = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit" })
const seconds = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit", second: "2-digit" })

export const timeAxis = (): uPlot.Axis => ({
  ...axis(),
  space: 72,
  incrs: timeSteps,
  size: 24,
  gap: 4,
  values: (...[, splits, , , step]) => splits.map((split) => (step < 60 ? seconds : minutes).format(split * 1000))
})

/** An axis with a label for each value, as wide as the longest needs it. */
export const labelled = (label: (value: number) => string): uPlot.Axis => ({
  ...axis(),
  gap: 6,
  size: ({ ctx }, texts: ReadonlyArray<string> | null) => {
    ctx.font = font
    return Math.max(34, ...(texts ?? []).map((text) => Math.ceil(ctx.measureText(text).width) + 14))
  },
  values: (_, splits) => splits.map(label)
})

export const valueAxis = (unit: string): uPlot.Axis => ({
  ...labelled((value) => formatQuantity(value, unit)),
  incrs: stepsOf(unit),
  space: 24
})

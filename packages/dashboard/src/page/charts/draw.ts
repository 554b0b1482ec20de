/** Draws onto a canvas: axes with their labels, and lines with gaps where nothing is known. */
import { longestBetween } from "./gaps.ts"
import { colour, lineStyle } from "./theme.ts"
import { timeTicks, type Tick } from "./ticks.ts"

/** What a picture is of; times in seconds. */
export interface Axes {
  readonly from: number
  readonly to: number
  readonly low: number
  readonly high: number
  readonly ticks: ReadonlyArray<Tick>
}

/** Where times and values are, in pixels of the page. */
export interface Frame {
  readonly context: CanvasRenderingContext2D
  readonly left: number
  readonly width: number
  readonly x: (time: number) => number
  readonly y: (value: number) => number
}

const above = 8
const below = 20
const right = 16

/** Clears a canvas to a size and draws axes; what is painted after that stays within them until `restore`. */
export const drawAxes = (
  canvas: HTMLCanvasElement,
  { from, high, low, ticks, to }: Axes,
  size: { readonly width: number; readonly height: number }
): Frame | undefined => {
  const context = canvas.getContext("2d")
  if (context === null) {
    return undefined
  }
  const ratio = devicePixelRatio
  canvas.width = size.width * ratio
  canvas.height = size.height * ratio
  context.scale(ratio, ratio)
  context.font = "11px system-ui, sans-serif"
  context.fillStyle = colour("--muted")
  context.strokeStyle = colour("--line")
  const left = Math.max(34, ...ticks.map(({ text }) => Math.ceil(context.measureText(text).width) + 14))
  const width = Math.max(1, size.width - left - right)
  const height = size.height - above - below
  const x = (time: number): number => left + ((time - from) / (to - from)) * width
  const y = (value: number): number => above + (1 - (value - low) / (high - low)) * height
  context.beginPath()
  context.textBaseline = "middle"
  context.textAlign = "right"
  for (const { at, text } of ticks) {
    const line = Math.round(y(at)) + 0.5
    context.moveTo(left, line)
    context.lineTo(left + width, line)
    context.fillText(text, left - 7, line)
  }
  context.textBaseline = "top"
  context.textAlign = "center"
  for (const { at, text } of timeTicks(from, to, width / 72)) {
    const line = Math.round(x(at)) + 0.5
    context.moveTo(line, above)
    context.lineTo(line, above + height)
    context.fillText(text, Math.min(line, size.width - context.measureText(text).width / 2), above + height + 6)
  }
  context.stroke()
  context.beginPath()
  context.rect(left, 0, width + 1, above + height + 1)
  context.clip()
  return { context, left, width, x, y }
}

export type Values = ReadonlyArray<number | null>

/** Draws a line. Points that are close enough in time are joined, one by itself is a dot. */
export const drawLine = (
  { context, x, y }: Frame,
  times: ReadonlyArray<number>,
  { index, values }: { readonly index: number; readonly values: Values }
): void => {
  const { dash, variable } = lineStyle(index)
  const longest = longestBetween(times, values)
  context.strokeStyle = context.fillStyle = colour(variable)
  context.lineWidth = 1.5
  context.lineJoin = "round"
  context.setLineDash([...dash])
  context.beginPath()
  let last = -Infinity
  let joined = 0
  const dot = (): void => {
    if (joined === 1) {
      context.lineTo(x(last) + 1.5, y(lastValue))
    }
  }
  let lastValue = 0
  for (let at = 0; at < times.length; at++) {
    const time = times[at] ?? 0
    const value = values[at]
    if (value !== null && value !== undefined) {
      if (time - last > longest) {
        dot()
        context.moveTo(x(time), y(value))
        joined = 0
      } else {
        context.lineTo(x(time), y(value))
      }
      joined++
      last = time
      lastValue = value
    }
  }
  dot()
  context.stroke()
  context.setLineDash([])
}

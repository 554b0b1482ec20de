/** A distribution over time: the darker a bucket, the more values came into it. Exemplars are dots. */
import { useLayoutEffect, useRef } from "preact/hooks"
import uPlot from "uplot"
import type { MetricDetail } from "../../protocol/live.ts"
import { formatQuantity } from "../text/quantity.ts"
import { axis, cursor, followWidth, sizeOfLabels, timeAxis } from "./plot-options.ts"
import { bucketsShown, positionOf, type Heat } from "./heat.ts"
import { colour, theme } from "./theme.ts"

interface HeatMapProps {
  readonly heat: Heat
  readonly exemplars: MetricDetail["exemplars"]
  readonly unit: string
  /** Seconds. */
  readonly from: number
  readonly to: number
}

const height = 240
const mostDots = 200

export const HeatMap = (props: HeatMapProps) => {
  const box = useRef<HTMLDivElement>(null)
  const plot = useRef<uPlot | undefined>(undefined)
  const latest = useRef(props)
  latest.current = props
  useLayoutEffect(() => {
    const element = box.current
    if (element === null) {
      return undefined
    }
    const made = new uPlot(
      optionsOf(() => latest.current, element.clientWidth),
      undefined,
      element
    )
    plot.current = made
    const unfollow = followWidth(made, element)
    return () => {
      unfollow()
      made.destroy()
    }
  }, [theme.value, props.unit])
  useLayoutEffect(() => {
    const { from, heat, to } = props
    const { end, first } = bucketsShown(heat)
    const u = plot.current
    u?.batch(() => {
      u.setData([heat.columns.map(({ time }) => time / 1000), heat.columns.map(() => null)], false)
      u.setScale("x", { min: from, max: to })
      u.setScale("y", { min: first, max: end })
    })
  }, [theme.value, props.unit, props.heat, props.from, props.to])
  return (
    <section class="card chart">
      <h2>
        Distribution <small>the darker, the more values; dots are exemplars</small>
      </h2>
      <div class="plot" ref={box} role="img" aria-label="How many values came into each bucket over time" />
    </section>
  )
}

const optionsOf = (props: () => HeatMapProps, width: number): uPlot.Options => ({
  width,
  height,
  legend: { show: false },
  cursor: { ...cursor(), points: { show: false } },
  padding: [8, 16, 0, 0],
  scales: { x: { time: true, auto: false }, y: { auto: false, range: (_, low, high) => [low ?? 0, high ?? 1] } },
  axes: [
    timeAxis(),
    {
      ...axis(),
      gap: 6,
      size: sizeOfLabels,
      splits: (...[, , low, high]) => everyFew(low, high),
      values: (_, splits) => splits.map((bound) => boundText(props(), bound))
    }
  ],
  series: [{}, { paths: () => null, points: { show: false } }],
  hooks: { draw: [(u) => drawBuckets(u, props().heat), (u) => drawDots(u, props())] }
})

/** Whole numbers between two, at most ten. */
const everyFew = (low: number, high: number): Array<number> => {
  const step = Math.max(1, Math.ceil((high - low) / 9))
  return Array.from({ length: Math.floor((high - low) / step) + 1 }, (_, index) => low + index * step)
}

/** The bound between bucket `index - 1` and bucket `index`. */
const boundText = ({ heat, unit }: HeatMapProps, index: number): string =>
  index <= 0 ? "" : index > heat.bounds.length ? "∞" : formatQuantity(heat.bounds[index - 1], unit)

const drawBuckets = (u: uPlot, heat: Heat): void => {
  const { columns } = heat
  const most = columns.reduce((max, { counts }) => Math.max(max, ...counts), 1)
  const { ctx } = u
  ctx.save()
  ctx.beginPath()
  ctx.rect(u.bbox.left, u.bbox.top, u.bbox.width, u.bbox.height)
  ctx.clip()
  ctx.fillStyle = colour("--line-1")
  columns.forEach(({ counts, time }, index) => {
    const before = columns[index - 1]?.time ?? 2 * time - (columns[index + 1]?.time ?? time + 1000)
    const left = Math.round(u.valToPos(Math.max(before, time - 60_000) / 1000, "x", true))
    const width = Math.max(1, Math.round(u.valToPos(time / 1000, "x", true)) - left)
    counts.forEach((count, bucket) => {
      if (count > 0) {
        const top = Math.round(u.valToPos(bucket + 1, "y", true))
        ctx.globalAlpha = 0.12 + 0.88 * Math.sqrt(count / most)
        ctx.fillRect(left, top, width, Math.round(u.valToPos(bucket, "y", true)) - top)
      }
    })
  })
  ctx.restore()
}

/** Dots are elements, so that the trace of each is in its title. */
const drawDots = (u: uPlot, { exemplars, from, heat, to, unit }: HeatMapProps): void => {
  u.over.querySelectorAll(".dot").forEach((dot) => dot.remove())
  for (const { time, traceId, value } of exemplars.slice(-mostDots)) {
    if (time / 1000 >= from && time / 1000 <= to) {
      const dot = document.createElement("i")
      dot.className = "dot"
      dot.title = `${formatQuantity(value, unit)}${traceId === undefined ? "" : `, trace ${traceId}`}`
      dot.style.left = `${u.valToPos(time / 1000, "x")}px`
      dot.style.top = `${u.valToPos(positionOf(heat.bounds, value), "y")}px`
      u.over.append(dot)
    }
  }
}

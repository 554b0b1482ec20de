/** A distribution over time: the darker a bucket, the more values came into it. Exemplars are dots. */
import { useLayoutEffect, useMemo, useRef } from "preact/hooks"
import type uPlot from "uplot"
import type { MetricDetail } from "../../protocol/live.ts"
import { formatQuantity } from "../text/quantity.ts"
import { labelled } from "./axes.ts"
import { type Dots, makeDots } from "./dots.ts"
import { bucketsShown, positionOf, type Heat } from "./heat.ts"
import { Plot, type PlotOptions } from "./plot.tsx"
import { colour } from "./theme.ts"

interface HeatMapProps {
  readonly heat: Heat
  readonly exemplars: MetricDetail["exemplars"]
  /** Whether these are of some series alone; the buckets are of all. */
  readonly isFiltered: boolean
  readonly unit: string
  /** Seconds. */
  readonly from: number
  readonly to: number
}

export const HeatMap = (props: HeatMapProps) => {
  const { from, heat, isFiltered, to, unit } = props
  const latest = useRef(props)
  latest.current = props
  const box = useRef<HTMLDivElement>(null)
  const dots = useMemo(makeDots, [])
  useLayoutEffect(() => (box.current === null ? undefined : dots.in(box.current)), [])
  const data = useMemo(
    (): uPlot.AlignedData => [heat.columns.map(({ time }) => time / 1000), heat.columns.map(() => null)],
    [heat]
  )
  return (
    <section class="card chart">
      <h2>
        Distribution{" "}
        <small>
          {isFiltered
            ? "of all series: the darker, the more values; dots are exemplars of those filtered"
            : "the darker, the more values; dots are exemplars"}
        </small>
      </h2>
      <div class="dotted">
        <Plot
          name="How many values came into each bucket over time"
          {...{ data, from, to }}
          height={240}
          shape={unit}
          options={() => optionsOf(() => latest.current, dots)}
        />
        <div class="dots" role="group" aria-label="Exemplars" ref={box} />
      </div>
    </section>
  )
}

const optionsOf = (props: () => HeatMapProps, dots: Dots): PlotOptions => ({
  axis: {
    ...labelled((bound) => boundText(props(), bound)),
    splits: (...[, , low, high]) => everyFew(low, high)
  },
  range: () => {
    const { end, first } = bucketsShown(props().heat)
    return [first, end]
  },
  lines: [{ paths: () => null, points: { show: false } }],
  points: { show: false },
  hooks: { draw: [(u) => drawBuckets(u, props().heat), (u) => drawDots(u, props(), dots)] }
})

/** Whole numbers between two, at most ten. */
const everyFew = (low: number, high: number): Array<number> => {
  const step = Math.max(1, Math.ceil((high - low) / 9))
  return Array.from({ length: Math.floor((high - low) / step) + 1 }, (_, index) => low + index * step)
}

/** The bound between a bucket and the one before it. */
const boundText = ({ heat: { bounds }, unit }: HeatMapProps, bucket: number): string =>
  bucket <= 0 ? "" : bucket > bounds.length ? "∞" : formatQuantity(bounds[bucket - 1], unit)

const drawBuckets = (u: uPlot, { columns }: Heat): void => {
  const most = columns.reduce((max, { counts }) => Math.max(max, ...counts), 1)
  const { bbox, ctx } = u
  ctx.save()
  ctx.beginPath()
  ctx.rect(bbox.left, bbox.top, bbox.width, bbox.height)
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

const drawDots = (u: uPlot, { exemplars, from, heat, to, unit }: HeatMapProps, dots: Dots): void =>
  dots.draw(
    exemplars
      .filter(({ time }) => time / 1000 >= from && time / 1000 <= to)
      .map((exemplar) => ({
        exemplar,
        text: formatQuantity(exemplar.value, unit),
        left: u.valToPos(exemplar.time / 1000, "x"),
        top: u.valToPos(positionOf(heat.bounds, exemplar.value), "y")
      })),
    u.over.style
  )

/** A distribution over time: the darker a bucket, the more values came into it. Exemplars are dots. */
import type { MetricDetail } from "../../protocol/live.ts"
import { visibleText } from "../text/visible-text.ts"
import { formatQuantity } from "../text/quantity.ts"
import type { Frame } from "./draw.ts"
import { bucketsShown, positionOf, type Heat } from "./heat.ts"
import { Plot } from "./plot.tsx"
import { colour } from "./theme.ts"
import type { Tick } from "./ticks.ts"

interface HeatMapProps {
  readonly heat: Heat
  readonly exemplars: MetricDetail["exemplars"]
  readonly unit: string
  /** Seconds. */
  readonly from: number
  readonly to: number
}

const mostDots = 200

export const HeatMap = ({ exemplars, from, heat, to, unit }: HeatMapProps) => {
  const { end, first } = bucketsShown(heat)
  return (
    <section class="card chart">
      <h2>
        Distribution <small>the darker, the more values; dots are exemplars</small>
      </h2>
      <Plot
        name="How many values came into each bucket over time"
        {...{ from, to }}
        low={first}
        high={end}
        height={240}
        ticks={bounds(heat, { first, end, unit })}
        of={heat}
        paint={(frame) => drawBuckets(frame, heat)}
        over={({ x, y }) =>
          exemplars
            .slice(-mostDots)
            .filter(({ time }) => time / 1000 >= from && time / 1000 <= to)
            .map(({ series, time, traceId, value }) => (
              <i
                key={`${series} ${time}`}
                class="dot"
                title={`${formatQuantity(value, unit)}${traceId === undefined ? "" : `, trace ${visibleText(traceId)}`}`}
                style={{ left: `${x(time / 1000)}px`, top: `${y(positionOf(heat.bounds, value))}px` }}
              />
            ))
        }
      />
    </section>
  )
}

/** The bounds between buckets, at most ten of them. */
const bounds = (
  heat: Heat,
  { end, first, unit }: { readonly first: number; readonly end: number; readonly unit: string }
): ReadonlyArray<Tick> => {
  const step = Math.max(1, Math.ceil((end - first) / 9))
  return Array.from({ length: Math.floor((end - first) / step) + 1 }, (_, index) => {
    const at = first + index * step
    return { at, text: at === 0 ? "" : at > heat.bounds.length ? "∞" : formatQuantity(heat.bounds[at - 1], unit) }
  })
}

const drawBuckets = ({ context, x, y }: Frame, { columns }: Heat): void => {
  const most = columns.reduce((max, { counts }) => Math.max(max, ...counts), 1)
  context.fillStyle = colour("--line-1")
  columns.forEach(({ counts, time }, index) => {
    const before = columns[index - 1]?.time ?? 2 * time - (columns[index + 1]?.time ?? time + 1000)
    const left = Math.round(x(Math.max(before, time - 60_000) / 1000))
    const width = Math.max(1, Math.round(x(time / 1000)) - left)
    counts.forEach((count, bucket) => {
      if (count > 0) {
        const top = Math.round(y(bucket + 1))
        context.globalAlpha = 0.12 + 0.88 * Math.sqrt(count / most)
        context.fillRect(left, top, width, Math.round(y(bucket)) - top)
      }
    })
  })
}

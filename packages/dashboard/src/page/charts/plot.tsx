/** A picture over time that is as wide as there is room, with a cursor that moves in all pictures together. */
import { signal, useSignal } from "@preact/signals"
import type { ComponentChildren, TargetedPointerEvent } from "preact"
import { useLayoutEffect, useRef } from "preact/hooks"
import { drawAxes, type Axes, type Frame } from "./draw.ts"
import { theme } from "./theme.ts"

/** The time under the cursor, in seconds. */
export const cursorAt = signal<number | undefined>(undefined)

interface PlotProps extends Axes {
  /** What it shows, for who does not see it. */
  readonly name: string
  readonly height: number
  readonly paint: (frame: Frame) => void
  /** Changes whenever there is something else to paint. */
  readonly of: unknown
  /** What lies over the picture, at its times and values. */
  readonly over?: (frame: Frame) => ComponentChildren
}

export const Plot = (props: PlotProps) => {
  const { from, height, high, low, name, of, over, paint, to } = props
  const canvas = useRef<HTMLCanvasElement>(null)
  const frame = useSignal<Frame | undefined>(undefined)
  const width = useSignal(0)
  useLayoutEffect(() => {
    const box = canvas.current?.parentElement
    if (box === null || box === undefined) {
      return undefined
    }
    const measure = (): void => {
      width.value = box.clientWidth
    }
    measure()
    const resized = new ResizeObserver(measure)
    resized.observe(box)
    return () => resized.disconnect()
  }, [])
  useLayoutEffect(() => {
    const drawn =
      canvas.current === null || width.value === 0
        ? undefined
        : drawAxes(canvas.current, props, { width: width.value, height })
    if (drawn !== undefined) {
      paint(drawn)
    }
    frame.value = drawn
  }, [theme.value, width.value, from, to, low, high, height, of])
  const drawn = frame.value
  const at = cursorAt.value
  const point = ({ clientX, currentTarget }: TargetedPointerEvent<HTMLElement>): void => {
    const inside = clientX - currentTarget.getBoundingClientRect().left
    const share = drawn === undefined ? -1 : (inside - drawn.left) / drawn.width
    cursorAt.value = share < 0 || share > 1 ? undefined : from + share * (to - from)
  }
  return (
    <div
      class="plot"
      role="img"
      aria-label={name}
      onPointerMove={point}
      onPointerLeave={() => (cursorAt.value = undefined)}
    >
      <canvas ref={canvas} style={{ height: `${height}px` }} />
      {drawn !== undefined && over?.(drawn)}
      {drawn !== undefined && at !== undefined && at >= from && at <= to && (
        <i class="cursor" style={{ left: `${drawn.x(at)}px` }} />
      )}
    </div>
  )
}

/** A plot over time that is as wide as there is room. The cursors of all plots move together. */
import { useLayoutEffect, useRef } from "preact/hooks"
import uPlot from "uplot"
import { timeAxis } from "./axes.ts"
import { theme } from "./theme.ts"

export interface PlotProps {
  /** What it shows, for who does not see it. */
  readonly name: string
  readonly height: number
  /** The plot is made anew when this changes. */
  readonly shape: string
  readonly data: uPlot.AlignedData
  /** Seconds. */
  readonly from: number
  readonly to: number
  /** Asked when the plot is made: what it has beside time. */
  readonly options: () => PlotOptions
}

export interface PlotOptions extends Pick<uPlot.Options, "hooks"> {
  readonly lines: ReadonlyArray<uPlot.Series>
  readonly axis: uPlot.Axis
  readonly range: NonNullable<uPlot.Scale["range"]>
  readonly points?: uPlot.Cursor.Points
}

export const Plot = (props: PlotProps) => {
  const { data, from, height, name, options, shape, to } = props
  const box = useRef<HTMLDivElement>(null)
  const plot = useRef<uPlot | undefined>(undefined)
  const made = `${theme.value} ${height} ${shape}`
  useLayoutEffect(() => {
    const element = box.current
    if (element === null) {
      return undefined
    }
    const one = new uPlot(allOptions(options(), element.clientWidth, height), undefined, element)
    plot.current = one
    followTouch(one.over)
    const resized = new ResizeObserver(() => {
      if (one.width !== element.clientWidth) {
        one.setSize({ width: element.clientWidth, height })
      }
    })
    resized.observe(element)
    return () => {
      resized.disconnect()
      one.destroy()
    }
  }, [made])
  useLayoutEffect(() => {
    const one = plot.current
    one?.batch(() => {
      one.setData(data, false)
      one.setScale("x", { min: from, max: to })
    })
  }, [made, data, from, to])
  return <div class="plot" ref={box} role="img" aria-label={name} />
}

const allOptions = (
  { axis, hooks, lines, points, range }: PlotOptions,
  width: number,
  height: number
): uPlot.Options => ({
  width,
  height,
  legend: { show: false },
  cursor: {
    sync: { key: "page", scales: ["x", null] },
    drag: { x: false, y: false },
    points: points ?? { size: 6, width: 1 },
    y: false
  },
  padding: [8, 22, 0, 0],
  axes: [timeAxis(), axis],
  scales: { x: { time: false, auto: false }, y: { range } },
  series: [{}, ...lines],
  ...(hooks === undefined ? {} : { hooks })
})

/** Moves the cursor with a finger, which a browser does only where it taps. */
const followTouch = (over: HTMLElement): void => {
  const mouse = (type: string) => (event: PointerEvent) => {
    if (event.pointerType !== "mouse") {
      over.dispatchEvent(new MouseEvent(type, { clientX: event.clientX, clientY: event.clientY }))
    }
  }
  over.addEventListener("pointerdown", mouse("mouseenter"))
  over.addEventListener("pointermove", mouse("mousemove"))
}

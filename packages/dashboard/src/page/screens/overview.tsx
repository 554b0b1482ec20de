/** What goes on now: the law of jobs, six charts, and the processes that report. */
import { useRef } from "preact/hooks"
import { columnsOf, type ChartName } from "../live/chart-points.ts"
import { hasBegun, range, shown } from "../live/live.ts"
import type { Model } from "../live/model.ts"
import { Chart } from "../charts/chart.tsx"
import { Busiest } from "../overview/busiest.tsx"
import { LawOfJobs } from "../overview/law-of-jobs.tsx"
import { Processes } from "../overview/processes.tsx"
import { Setup } from "../overview/setup.tsx"

interface ChartOfJobs {
  readonly chart: ChartName
  readonly title: string
  readonly hint: string
  readonly unit: string
  /** The lines in their order, so that each keeps its colour. */
  readonly names: ReadonlyArray<string>
}

const quantiles = ["p50", "p95", "p99"]

const charts: ReadonlyArray<ChartOfJobs> = [
  {
    chart: "jobs",
    title: "Jobs",
    hint: "per second, by outcome",
    unit: "",
    names: ["enqueued", "completed", "retried", "dead", "cancelled", "replayed"]
  },
  {
    chart: "queue",
    title: "Queue",
    hint: "jobs by state",
    unit: "",
    names: ["ready", "running", "scheduled", "retrying"]
  },
  { chart: "failures", title: "Failures", hint: "per second, by reason", unit: "", names: [] },
  { chart: "processing", title: "Processing time", hint: "of one operation", unit: "s", names: quantiles },
  { chart: "wait", title: "Wait", hint: "from due to started", unit: "s", names: quantiles },
  { chart: "messages", title: "Cluster messages", hint: "as the caller saw them", unit: "s", names: quantiles }
]

export const Overview = () => {
  const model = shown.value
  if (!hasBegun.value) {
    return null
  }
  if (model.metrics.length === 0) {
    return <Setup />
  }
  return (
    <div class="stack">
      {model.law === null ? <Busiest model={model} /> : <OfJobs model={model} />}
      <Processes model={model} />
    </div>
  )
}

const OfJobs = ({ model }: { readonly model: Model }) => {
  const to = (model.points.at(-1)?.time ?? model.now) / 1000
  const from = to - range.value * 60
  return (
    <>
      {model.law !== null && <LawOfJobs law={model.law} />}
      <div class="charts">
        {charts.map((one) => (
          <ChartOf key={one.chart} chart={one} model={model} from={from} to={to} />
        ))}
      </div>
    </>
  )
}

interface ChartOfProps {
  readonly chart: ChartOfJobs
  readonly model: Model
  readonly from: number
  readonly to: number
}

const ChartOf = ({ chart: { chart, hint, names, title, unit }, from, model, to }: ChartOfProps) => {
  // A line that was there once keeps its place, and so its colour.
  const known = useRef<ReadonlyArray<string>>(names)
  const { lines, times } = columnsOf(model.points, chart, { from: from * 1000, names: known.current })
  const seen = lines.map(({ name }) => name).filter((name) => !known.current.includes(name))
  known.current = seen.length === 0 ? known.current : [...known.current, ...seen]
  return <Chart {...{ from, hint, lines, times, title, to, unit }} name={`${title}, ${hint}`} />
}

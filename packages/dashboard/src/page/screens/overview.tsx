/** What goes on now: the law of jobs, six charts, and the processes that report. */
import { type LiveChart, LiveCharts, quantiles } from "../charts/live-charts.tsx"
import { hasBegun, shown } from "../live/live.ts"
import { Busiest } from "../overview/busiest.tsx"
import { LawOfJobs } from "../overview/law-of-jobs.tsx"
import { Processes } from "../overview/processes.tsx"
import { Setup } from "../overview/setup.tsx"

const charts: ReadonlyArray<LiveChart> = [
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
      {model.law === null ? (
        <Busiest model={model} />
      ) : (
        <>
          <LawOfJobs law={model.law} />
          <LiveCharts charts={charts} model={model} />
        </>
      )}
      <Processes model={model} />
    </div>
  )
}

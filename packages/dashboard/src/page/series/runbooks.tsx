/** The alerts that watch a metric, each with its runbook. */
import { runbooks, watched } from "../generated/runbooks.ts"

export const Runbooks = ({ metric }: { readonly metric: string }) => {
  const alerts = Object.entries(watched).filter(([, metrics]) => metrics.split(" ").includes(metric))
  return alerts.length === 0 ? null : (
    <p>
      Watched by{" "}
      {alerts.map(([alert], index) => (
        <>
          {index > 0 && ", "}
          <a href={`${runbooks}${alert}.md`} target="_blank" rel="noreferrer">
            {alert}
          </a>
        </>
      ))}
      <span class="muted"> (runbooks)</span>
    </p>
  )
}

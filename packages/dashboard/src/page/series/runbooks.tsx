/** The alerts that watch a metric, each with its runbook. */
import type { Metric } from "../../protocol/live.ts"

export const Runbooks = ({ metric: { runbooks } }: { readonly metric: Metric }) =>
  runbooks === undefined ? null : (
    <p>
      Watched by{" "}
      {runbooks.map((href, index) => (
        <>
          {index > 0 && ", "}
          <a href={href} target="_blank" rel="noreferrer">
            {/\w+(?=\.md$)/.exec(href)}
          </a>
        </>
      ))}
      <span class="muted"> (runbooks)</span>
    </p>
  )

/** What is known of a job beside its timeline. */
import type { ComponentChild } from "preact"
import { hrefOf } from "../address.ts"
import { configuration } from "../configuration.ts"
import { webAddress } from "./link.ts"
import { Progress } from "./progress.tsx"
import type { JobView } from "./shapes.ts"
import { Ago, Text } from "./text.tsx"
import { durationText } from "./time.ts"

/** A trace, as a link to where the application says that it is, and on this page where spans are received. */
const traceOf = (traceId: string | undefined, traceUrl: string | undefined): ComponentChild => {
  const elsewhere = webAddress(traceUrl)
  const here = traceId !== undefined && configuration.value?.hasMetrics === true ? hrefOf("trace", traceId) : undefined
  const id = <Text class="mono" text={traceId ?? "Open"} />
  if (elsewhere === undefined) {
    return here === undefined ? traceId !== undefined && id : <a href={here}>{id}</a>
  }
  return (
    <>
      <a href={elsewhere} target="_blank" rel="noreferrer noopener">
        {id}
      </a>{" "}
      {here !== undefined && <a href={here}>On this page</a>}
    </>
  )
}

export const JobFacts = ({ job, now }: { readonly job: JobView; readonly now: number }) => {
  const { finishedAt, heldBy, progress, reason, startedAt } = job
  const facts: ReadonlyArray<readonly [name: string, value: ComponentChild]> = [
    ["Priority", job.priority],
    ["Attempt", job.attempt],
    ["Replays", job.replays],
    ["Redeliveries", job.redeliveries],
    ["Reason", reason !== undefined && <Text text={reason} />],
    [finishedAt === undefined ? "Held by" : "Ran on", heldBy !== undefined && <Text text={heldBy} />],
    ["Accepted", <Ago at={job.acceptedAt} now={now} />],
    [
      finishedAt === undefined ? "Runs for" : "Last attempt took",
      startedAt !== undefined &&
        (finishedAt !== undefined || job.state === "running") &&
        durationText((finishedAt ?? now) - startedAt)
    ],
    ["Progress", progress !== undefined && <Progress progress={progress} />],
    ["Trace", traceOf(job.traceId, job.traceUrl)],
    ["Trace of the last attempt", traceOf(job.lastTraceId, job.lastTraceUrl)]
  ]
  return (
    <dl>
      {facts
        .filter(([, value]) => value !== false)
        .map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
    </dl>
  )
}

/** What is known of a job beside its timeline. */
import type { ComponentChild } from "preact"
import { webAddress } from "./link.ts"
import { Progress } from "./progress.tsx"
import type { JobView } from "./shapes.ts"
import { Ago, Text } from "./text.tsx"
import { durationText } from "./time.ts"

/** A trace, as a link where there is an address. */
const traceOf = (traceId: string | undefined, traceUrl: string | undefined): ComponentChild => {
  const address = webAddress(traceUrl)
  return address === undefined ? (
    traceId !== undefined && <Text class="mono" text={traceId} />
  ) : (
    <a href={address} target="_blank" rel="noreferrer noopener">
      <Text class="mono" text={traceId ?? "Open"} />
    </a>
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

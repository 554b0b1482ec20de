/** One job, from its submit to its end. */
import { visibleLines } from "../text/visible-text.ts"
import { access, mayWrite } from "../jobs/access.ts"
import { Copyable } from "../jobs/copy.tsx"
import { Frame } from "../jobs/frame.tsx"
import { JobActions } from "../jobs/job-actions.tsx"
import { JobFacts } from "../jobs/job-facts.tsx"
import { stateHref } from "../jobs/list-query.ts"
import { answers, refresh, useLive } from "../jobs/live.ts"
import type { JobDetail } from "../jobs/shapes.ts"
import { Text, loadingText } from "../jobs/text.tsx"
import { TimelineList } from "../jobs/timeline-list.tsx"
import { route } from "../route.ts"

const details = answers<JobDetail>()

export const Job = () => {
  const id = route.value.subject
  const path = `job/${encodeURIComponent(id)}`
  const { path: answered, problem, value } = useLive(path, details)
  const detail = answered === path ? value : undefined
  return (
    <Frame value={value} problems={[problem]} refresh={refresh} clear={() => undefined}>
      {problem?.kind === "missing" ? (
        <Missing id={id} />
      ) : detail === undefined ? (
        <p class="muted">{loadingText(problem !== undefined)}</p>
      ) : (
        <Shown detail={detail} />
      )}
    </Frame>
  )
}

const Missing = ({ id }: { readonly id: string }) => (
  <section class="card">
    <h2>There is no such job</h2>
    <p>
      No job has the id <Text class="mono" text={id} />. It may have been deleted, or have ended long ago.
    </p>
    <a href={stateHref("running")}>All jobs</a>
  </section>
)

const Shown = ({ detail: { job, now, payload } }: { readonly detail: JobDetail }) => (
  <>
    <div class="row head">
      <div>
        <a href={stateHref(job.state, job.jobType)}>← All {job.state} jobs of this type</a>
        <h2 class="title">
          <Text text={job.jobType} /> <span class={`badge ${job.state}`}>{job.state}</span>
        </h2>
        <Copyable text={job.id} name="id" />
      </div>
      {mayWrite() && (
        <div class="row">
          <JobActions job={job} />
        </div>
      )}
    </div>
    <div class="both">
      <section class="card" aria-labelledby="timeline-title">
        <h2 id="timeline-title">Timeline</h2>
        <TimelineList job={job} now={now} />
      </section>
      <div class="column">
        <section class="card" aria-labelledby="facts-title">
          <h2 id="facts-title">Facts</h2>
          <JobFacts job={job} now={now} />
        </section>
        <section class="card" aria-labelledby="payload-title">
          <h2 id="payload-title">Payload</h2>
          {payload !== undefined ? (
            <pre tabIndex={0} dir="auto">
              {visibleLines(payload)}
            </pre>
          ) : (
            <p class="muted">
              {access.value?.hasPayloads === false ? "The application does not show payloads." : "It has none."}
            </p>
          )}
        </section>
      </div>
    </div>
  </>
)

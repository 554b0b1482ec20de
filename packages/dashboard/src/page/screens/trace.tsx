/** One trace: its spans, what it is linked with, and its log lines. */
import type { TraceDetail } from "../../protocol/traces.ts"
import { hrefOf } from "../address.ts"
import { configuration } from "../configuration.ts"
import { Copyable } from "../jobs/copy.tsx"
import { useKeys } from "../keyboard.ts"
import { useAnswer } from "../live/answer.ts"
import { go, route } from "../route.ts"
import { formatCount, formatSeconds } from "../text/quantity.ts"
import { Text } from "../text/text.tsx"
import { LinkedTraces } from "../traces/linked-traces.tsx"
import { LogLines } from "../traces/log-lines.tsx"
import { Moment } from "../traces/moment.tsx"
import { scaleOf } from "../traces/scale.ts"
import { Outcome, Process, Waterfall } from "../traces/waterfall.tsx"
import "../styles/traces.css"

export const Trace = () => {
  const id = route.value.subject
  const isId = /^[0-9a-f]{32}$/i.test(id)
  const { isMissing, problem, value } = useAnswer<TraceDetail>(isId ? `live/trace?id=${id}` : undefined)
  const back = hrefOf("trace")
  useKeys([{ key: "Escape", does: "back to all traces", run: () => go(back) }])
  return (
    <div class="stack traces">
      <p class="back">
        <a href={back}>← All traces</a>
      </p>
      {problem !== "" && <p role="alert">The trace can't be had: {problem}</p>}
      {isMissing && value !== undefined && <p role="status">This trace is kept no more: this is the last of it.</p>}
      {!isId || (isMissing && value === undefined) ? (
        <Missing id={id} />
      ) : (
        value !== undefined && <Shown trace={value} />
      )}
    </div>
  )
}

const Missing = ({ id }: { readonly id: string }) => (
  <section class="card">
    <h2>Nothing of this trace is here</h2>
    <p>
      No span and no log line of <Text value={id} class="mono" /> is kept: it has not arrived, went after 15 minutes, or
      there was no room.
    </p>
  </section>
)

const Shown = ({ trace }: { readonly trace: TraceDetail }) => {
  const { leftOut, linked, logs, spans, traceId } = trace
  const first = spans.find(({ parentSpanId }) => parentSpanId === undefined) ?? spans[0]
  const scale = scaleOf(trace)
  return (
    <>
      <header class="of-metric">
        <h2>{first === undefined ? "Log lines without a span" : <Text value={first.name} />}</h2>
        <p class="muted">
          {first !== undefined && (
            <>
              <Process of={first} /> <Outcome of={first.outcome} />{" "}
            </>
          )}
          {formatSeconds((scale.to - scale.from) / 1000)}, <Moment at={scale.from} /> ·{" "}
          {formatCount(spans.length, "span")} · {formatCount(logs.length, "log line")}
        </p>
        <p>
          <Copyable text={traceId} name="id" />
        </p>
        {configuration.value?.hasJobs === true && <Jobs spans={spans} />}
      </header>
      {linked.length > 0 && <LinkedTraces trace={trace} />}
      {spans.length > 0 && <Waterfall spans={spans} leftOut={leftOut.spans} scale={scale} />}
      <LogLines trace={trace} scale={scale} />
    </>
  )
}

const mostJobs = 10

/** The jobs that were submitted or attempted in it. */
const Jobs = ({ spans }: Pick<TraceDetail, "spans">) => {
  const ids = [...new Set(spans.flatMap(({ attributes }) => jobOf(attributes)))]
  return ids.length === 0 ? null : (
    <p>
      {ids.slice(0, mostJobs).map((id) => (
        <span key={id}>
          <a href={hrefOf("jobs", id)}>
            Job <Text value={id} class="mono" />
          </a>{" "}
        </span>
      ))}
      {ids.length > mostJobs && `and ${formatCount(ids.length - mostJobs, "more", "more")}`}
    </p>
  )
}

/** The job of a span of our own; an attribute of any name is its own. */
const jobOf = (attributes: Readonly<Record<string, string>>): ReadonlyArray<string> => {
  const { "messaging.message.id": id, "messaging.system": system } = attributes
  return system === "parametric_portal" && id !== undefined && id !== "" ? [id] : []
}

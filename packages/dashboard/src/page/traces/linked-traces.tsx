/** Where the job of a trace was submitted, its attempts, and what else is linked. */
import type { LinkedSpan, TraceDetail } from "../../protocol/traces.ts"
import { hrefOf } from "../address.ts"
import { formatCount, formatSeconds } from "../text/quantity.ts"
import { Text } from "../text/text.tsx"
import { shortText } from "../text/visible-text.ts"
import { Moment } from "./moment.tsx"
import { Outcome } from "./waterfall.tsx"

export const LinkedTraces = ({ trace: { leftOut, linked, traceId } }: { readonly trace: TraceDetail }) => (
  <section class="card" aria-labelledby="linked">
    <h2 id="linked">Linked</h2>
    <ol class="plain">
      {linked.map((one) => (
        <Item key={`${one.traceId} ${one.spanId}`} linked={one} isThis={one.traceId === traceId} />
      ))}
    </ol>
    {leftOut.linked > 0 && <p>{formatCount(leftOut.linked, "span")} more are linked.</p>}
  </section>
)

const words = {
  submit: "submitted in",
  replay: "replayed in",
  attempt: "attempt",
  to: "links to",
  from: "linked from"
} as const

const Item = ({ isThis, linked }: { readonly linked: LinkedSpan; readonly isThis: boolean }) => {
  const { relation, span, traceId } = linked
  const attempt = relation === "attempt" && span?.attempt !== undefined ? ` ${shortText(span.attempt)}` : ""
  const name = `${words[relation]}${attempt}`
  return (
    <li aria-current={isThis ? "true" : undefined}>
      {isThis ? <b>{name}</b> : <a href={hrefOf("trace", traceId)}>{name}</a>}{" "}
      {span === undefined ? (
        <span class="muted">
          <span class="mono">{traceId}</span>, a span that is not here
        </span>
      ) : (
        <>
          <Text value={span.name} /> <Outcome of={span.outcome} />
          <span class="muted">
            {" "}
            {formatSeconds(span.durationMs / 1000)}, <Moment at={span.start} />
            {span.messageId !== undefined && (
              <>
                , <Text value={span.messageId} class="mono" />
              </>
            )}
            {isThis && ", this trace"}
          </span>
        </>
      )}
    </li>
  )
}

/** The spans of a trace, each with when it was under way; opened, with all that it says. */
import { useMemo } from "preact/hooks"
import type { TraceSpan } from "../../protocol/traces.ts"
import { hrefOf } from "../address.ts"
import { formatCount, formatSeconds } from "../text/quantity.ts"
import { Text } from "../text/text.tsx"
import { visibleLines } from "../text/visible-text.ts"
import { Attributes } from "./attributes.tsx"
import { More } from "./more.tsx"
import { barOf, type Scale } from "./scale.ts"
import { type Row, rowsOf } from "./tree.ts"

interface WaterfallProps {
  readonly spans: ReadonlyArray<TraceSpan>
  readonly leftOut: number
  readonly scale: Scale
}

export const Waterfall = ({ leftOut, scale, spans }: WaterfallProps) => {
  const rows = useMemo(() => rowsOf(spans), [spans])
  const orphans = rows.filter(({ isOrphan }) => isOrphan).length
  return (
    <section class="card" aria-labelledby="spans">
      <h2 id="spans">
        Spans <small>{formatSeconds((scale.to - scale.from) / 1000)} in all</small>
      </h2>
      {orphans > 0 && (
        <p class="muted">
          The parent of {formatCount(orphans, "span")} is not here: it has not ended, was not exported, or was left out.
        </p>
      )}
      <More of={rows} what="span">
        {(row) => <Item key={row.span.spanId} row={row} scale={scale} />}
      </More>
      {leftOut > 0 && <p class="warned">{formatCount(leftOut, "span")} more came and are not here: it is too large.</p>}
    </section>
  )
}

/** Deeper ones are not moved in further. */
const deepest = 12

const Item = ({ row: { depth, isOrphan, span }, scale }: { readonly row: Row; readonly scale: Scale }) => {
  const { durationMs, kind, name, outcome } = span
  const { left, width } = barOf(scale, span)
  return (
    <li>
      <details>
        <summary class="trace-row">
          <span class="what" style={{ paddingInlineStart: `${Math.min(depth, deepest) * 12}px` }}>
            {isOrphan && <span class="muted">… </span>}
            <Text value={name} /> <Outcome of={outcome} />{" "}
            <small>
              {kind === "internal" || kind === "unspecified" ? "" : `${kind} `}
              <Process of={span} />
            </small>
          </span>
          <span class="lane" aria-hidden="true">
            <i class={`span ${outcome}`} style={{ left: `${left}%`, width: `${width}%` }} />
          </span>
          <span class="number">{formatSeconds(durationMs / 1000)}</span>
        </summary>
        <Said span={span} scale={scale} />
      </details>
    </li>
  )
}

/** How a span ended, where that was said. */
export const Outcome = ({ of }: { readonly of: TraceSpan["outcome"] }) =>
  of === "unset" ? null : <span class={of === "error" ? "badge bad" : "badge"}>{of}</span>

/** The process of a span or of a log record. */
export const Process = ({ of: { instance, service } }: { readonly of: Pick<TraceSpan, "service" | "instance"> }) => (
  <>
    {service !== "" && <Text value={service} />} {instance !== "" && <Text value={instance} />}
  </>
)

/** Of more events or links the first are shown. */
const mostListed = 100

const Said = ({ scale, span }: { readonly span: TraceSpan; readonly scale: Scale }) => {
  const { attributes, events, links, message, spanId, start } = span
  return (
    <div class="said">
      {message !== "" && (
        <p class="bad" dir="auto">
          {visibleLines(message)}
        </p>
      )}
      <p class="muted">
        Starts after {formatSeconds((start - scale.from) / 1000)}, id <span class="mono">{spanId}</span>
      </p>
      <Attributes of={attributes} />
      {events.slice(0, mostListed).map(({ attributes: own, name, time }, index) => (
        <div key={index}>
          <h3>
            <Text value={name} /> <small>event after {formatSeconds((time - scale.from) / 1000)}</small>
          </h3>
          <Attributes of={own} />
        </div>
      ))}
      {links.slice(0, mostListed).map(({ attributes: own, spanId: to, traceId }, index) => (
        <div key={index}>
          <h3>
            Link to <a href={hrefOf("trace", traceId)}>{traceId}</a> <small>span {to}</small>
          </h3>
          <Attributes of={own} />
        </div>
      ))}
      {Math.max(events.length, links.length) > mostListed && (
        <p class="muted">
          The first {mostListed} of {formatCount(events.length, "event")} and {formatCount(links.length, "link")}.
        </p>
      )}
    </div>
  )
}

/** The log lines of a trace, each at its time beside its span; opened, with all that it says. */
import { useMemo } from "preact/hooks"
import type { TraceDetail, TraceLog, TraceSpan } from "../../protocol/traces.ts"
import { formatCount, formatSeconds } from "../text/quantity.ts"
import { Text } from "../text/text.tsx"
import { shortText, visibleLines } from "../text/visible-text.ts"
import { Attributes } from "./attributes.tsx"
import { keysOfLines } from "./line-keys.ts"
import { More } from "./more.tsx"
import { barOf, percentOf, type Scale } from "./scale.ts"
import { Process } from "./waterfall.tsx"

interface LogLinesProps {
  readonly trace: TraceDetail
  readonly scale: Scale
}

export const LogLines = ({ scale, trace: { leftOut, logs, spans } }: LogLinesProps) => {
  const byId = useMemo(() => new Map(spans.map((span) => [span.spanId, span])), [spans])
  const keys = useMemo(() => keysOfLines(logs), [logs])
  return (
    <section class="card" aria-labelledby="logs">
      <h2 id="logs">
        Log lines <small>each beside its span</small>
      </h2>
      {logs.length === 0 && <p class="muted">No log line of this trace is here.</p>}
      <More of={logs} what="line">
        {(log, index) => (
          <Line
            key={keys[index]}
            log={log}
            scale={scale}
            span={log.spanId === undefined ? undefined : byId.get(log.spanId)}
          />
        )}
      </More>
      {leftOut.logs > 0 && (
        <p class="warned">{formatCount(leftOut.logs, "line")} more came and are not here: the trace is too large.</p>
      )}
    </section>
  )
}

interface LineProps {
  readonly log: TraceLog
  readonly scale: Scale
  /** The span that it was logged in, where that is here. */
  readonly span: TraceSpan | undefined
}

const isBad = (level: string): boolean => level === "ERROR" || level === "FATAL"

const Line = ({ log, scale, span }: LineProps) => {
  const { attributes, level, text, time } = log
  const bar = span === undefined ? undefined : barOf(scale, span)
  return (
    <li>
      <details>
        <summary class="trace-row">
          <span class="what">
            <span class={isBad(level) ? "level bad" : "level muted"}>{level === "" ? "–" : shortText(level)}</span>{" "}
            <Text value={text} />
          </span>
          <span class="lane" aria-hidden="true">
            {bar !== undefined && <i class="beside" style={{ left: `${bar.left}%`, width: `${bar.width}%` }} />}
            <i class={isBad(level) ? "tick error" : "tick"} style={{ left: `${percentOf(scale, time)}%` }} />
          </span>
          <span class="number">
            {time < scale.from ? "" : "+"}
            {formatSeconds((time - scale.from) / 1000)}
          </span>
        </summary>
        <div class="said">
          <pre tabIndex={0} dir="auto">
            {visibleLines(text)}
          </pre>
          <p class="muted">
            {span !== undefined && (
              <>
                In <Text value={span.name} />,{" "}
              </>
            )}
            <Process of={log} />
          </p>
          <Attributes of={attributes} />
        </div>
      </details>
    </li>
  )
}

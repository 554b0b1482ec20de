/** The traces that arrived last. */
import type { TraceList, TraceSummary } from "../../protocol/traces.ts"
import { hrefOf } from "../address.ts"
import { useAnswer } from "../live/answer.ts"
import { formatBytes, formatCount, formatNumber, formatSeconds, formatTime, unknown } from "../text/quantity.ts"
import { go, route } from "../route.ts"
import { Text } from "../text/text.tsx"
import { Outcome, Process } from "../traces/waterfall.tsx"
import "../styles/traces.css"

export const Traces = () => {
  const q = route.value.parameters.get("q") ?? ""
  const { problem, value } = useAnswer<TraceList>(`live/traces${q === "" ? "" : `?q=${encodeURIComponent(q)}`}`)
  return (
    <div class="stack traces">
      {problem !== "" && <p role="alert">The traces can't be had: {problem}</p>}
      {(q !== "" || value === undefined || value.stored.traces > 0) && <Filter q={q} />}
      {value !== undefined && (value.stored.traces === 0 ? <Nothing /> : <Table list={value} />)}
    </div>
  )
}

const Filter = ({ q }: { readonly q: string }) => (
  <div class="toolbar">
    <label class="filter">
      Filter
      <input
        type="search"
        value={q}
        autocomplete="off"
        spellcheck={false}
        onInput={({ currentTarget }) => go(hrefOf("trace", "", { q: currentTarget.value.toWellFormed() }), "replace")}
      />
    </label>
  </div>
)

const Nothing = () => (
  <section class="card">
    <h2>No trace is here</h2>
    <p>
      Spans and log lines that a program exports are shown for 15 minutes. With <code>@parametric-portal/server</code>:{" "}
      <code>{"Telemetry.layer({ traces: {}, logs: {} })"}</code>.
    </p>
  </section>
)

const Table = ({ list: { leftOut, stored, traces } }: { readonly list: TraceList }) => (
  <section class="card" aria-labelledby="traces">
    <h2 id="traces">
      Traces <small>the latest {traces.length}</small>
    </h2>
    <p class="muted">
      {formatCount(stored.traces, "trace")} with {formatCount(stored.spans, "span")} and{" "}
      {formatCount(stored.logs, "log line")} are kept, {formatBytes(stored.bytes)} of {formatBytes(stored.limitBytes)}.
    </p>
    {leftOut.traces + leftOut.spans + leftOut.logs > 0 && (
      <p class="warned">
        There was no room for {formatCount(leftOut.spans, "span")} and {formatCount(leftOut.logs, "log line")}:{" "}
        {formatCount(leftOut.traces, "whole trace")} went before 15 minutes were over.
      </p>
    )}
    {traces.length === 0 && <p>None has this text.</p>}
    <div class="scroll">
      <table>
        <thead>
          <tr>
            <th scope="col">Arrived</th>
            <th scope="col">Trace</th>
            <th scope="col">Process</th>
            <th scope="col" class="number">
              Duration
            </th>
            <th scope="col" class="number">
              Spans
            </th>
            <th scope="col" class="number">
              Errors
            </th>
            <th scope="col" class="number">
              Log lines
            </th>
          </tr>
        </thead>
        <tbody>
          {traces.map((trace) => (
            <Item key={trace.traceId} trace={trace} />
          ))}
        </tbody>
      </table>
    </div>
  </section>
)

const Item = ({ trace }: { readonly trace: TraceSummary }) => {
  const { errors, first, isWhole, lastAt, logs, spans, traceId } = trace
  return (
    <tr>
      <td class="nowrap">{formatTime(lastAt)}</td>
      <td>
        {!isWhole && <span class="muted">… </span>}
        <a href={hrefOf("trace", traceId)}>
          <Text value={first?.name ?? traceId} />
        </a>{" "}
        {first !== undefined && <Outcome of={first.outcome} />}
      </td>
      <td>{first !== undefined && <Process of={first} />}</td>
      <td class="number nowrap">{first === undefined ? unknown : formatSeconds(first.durationMs / 1000)}</td>
      <td class="number">{formatNumber(spans)}</td>
      <td class="number">{formatNumber(errors)}</td>
      <td class="number">{formatNumber(logs)}</td>
    </tr>
  )
}

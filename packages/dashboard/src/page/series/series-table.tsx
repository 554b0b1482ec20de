/** The table of metrics and their series; only the rows on the screen are drawn. */
import { computed, signal } from "@preact/signals"
import type { ComponentChildren } from "preact"
import { hrefOf } from "../address.ts"
import { recent, Sparkline } from "../charts/sparkline.tsx"
import { isCumulative, isDistribution, type Model } from "../live/model.ts"
import { addsUp, formatNumber, formatQuantity } from "../text/quantity.ts"
import { Labels, Text } from "../text/text.tsx"
import { go } from "../route.ts"
import { termOf } from "./filter.ts"
import { useListPosition } from "./list-position.ts"
import { seriesValue, type MetricRow, type Sorting, type TableRow } from "./table-rows.ts"

const narrow = matchMedia("(max-width: 600px)")
const isNarrow = signal(narrow.matches)
narrow.addEventListener("change", () => (isNarrow.value = narrow.matches))
const rowHeight = computed(() => (isNarrow.value ? 48 : 32))

interface SeriesTableProps {
  readonly model: Model
  readonly rows: ReadonlyArray<TableRow>
  readonly sort: Sorting
  readonly parameters: URLSearchParams
  readonly isOpen: (name: string) => boolean
  readonly onSort: (by: Sorting) => void
  readonly onToggle: (name: string) => void
}

/** The address of what a row is about: a metric as it is filtered, or one of its series. */
const hrefOfRow = ({ model, parameters }: SeriesTableProps, { id, row }: TableRow): string =>
  hrefOf("series", row.metric.name, {
    ...Object.fromEntries(parameters),
    ...(id === undefined
      ? {}
      : {
          q: Object.entries(model.series.labels[id] ?? {})
            .map(([label, value]) => termOf(label, value))
            .join(" ")
        })
  })

export const SeriesTable = (props: SeriesTableProps) => {
  const { isOpen, model, onToggle, rows } = props
  const nameAt = (index: number): string => rows[index]?.row.metric.name ?? ""
  const { current, end, first, list } = useListPosition({
    count: rows.length,
    rowHeight: rowHeight.value,
    onEnter: (index) => {
      const row = rows[index]
      if (row !== undefined) {
        go(hrefOfRow(props, row))
      }
    },
    onOpen: (index, shouldBeOpen) => {
      if (isOpen(nameAt(index)) !== shouldBeOpen) {
        onToggle(nameAt(index))
      }
    }
  })
  return (
    <div role="table" aria-label="Series" aria-rowcount={rows.length + 1} class="grid">
      <Head {...props} />
      <div role="rowgroup" ref={list} class="rows" style={{ height: `${rows.length * rowHeight.value}px` }}>
        {rows.slice(first, end).map((row, offset) => (
          <div
            key={row.id ?? row.row.metric.name}
            role="row"
            aria-rowindex={first + offset + 2}
            data-row={first + offset}
            tabIndex={-1}
            class={`row ${row.id === undefined ? "metric" : "one"}${current.value === first + offset ? " current" : ""}`}
            style={{ transform: `translateY(${(first + offset) * rowHeight.value}px)` }}
            onFocus={() => (current.value = first + offset)}
          >
            {row.id === undefined ? (
              <MetricCells {...props} {...row.row} href={hrefOfRow(props, row)} />
            ) : (
              <SeriesCells model={model} id={row.id} row={row.row} href={hrefOfRow(props, row)} />
            )}
          </div>
        ))}
      </div>
    </div>
  )
}

const Head = ({ onSort, sort }: SeriesTableProps) => {
  const sorted = (by: Sorting, text: string) => (
    <div role="columnheader" class={by} aria-sort={sort !== by ? "none" : by === "name" ? "ascending" : "descending"}>
      <button type="button" class="link" onClick={() => onSort(by)}>
        {text}
      </button>
    </div>
  )
  return (
    <div role="rowgroup" class="head">
      <div role="row" aria-rowindex={1} class="row">
        {sorted("name", "Metric")}
        <div role="columnheader" class="help">
          Help
        </div>
        <div role="columnheader" class="kind">
          Kind, unit
        </div>
        {sorted("series", "Series")}
        {sorted("value", "Value")}
        {sorted("rate", "Per second")}
        <div role="columnheader" class="recent">
          Recent
        </div>
      </div>
    </div>
  )
}

const Cell = ({ children, class: name }: { readonly class: string; readonly children?: ComponentChildren }) => (
  <div role="cell" class={name}>
    {children}
  </div>
)

const MetricCells = (props: SeriesTableProps & MetricRow & { readonly href: string }) => {
  const { href, ids, isOpen, metric, model, onToggle, rate, value } = props
  const isSum = isCumulative(metric) || addsUp(metric.unit)
  const prefix = isDistribution(metric) ? "mean " : isSum || ids.length === 1 ? "" : "max "
  return (
    <>
      <Cell class="name">
        <button
          type="button"
          class="link fold"
          aria-expanded={isOpen(metric.name)}
          aria-label="Series of this metric"
          onClick={() => onToggle(metric.name)}
        >
          {isOpen(metric.name) ? "▾" : "▸"}
        </button>
        <a href={href}>
          <Text value={metric.name} />
        </a>
      </Cell>
      <Cell class="help muted">{metric.description !== "" && <Text value={metric.description} />}</Cell>
      <Cell class="kind muted">
        {kinds[metric.kind]}
        {metric.unit !== "" && (
          <>
            , <Text value={metric.unit} />
          </>
        )}
      </Cell>
      <Cell class="series">{formatNumber(ids.length)}</Cell>
      <Cell class="value">
        {!Number.isNaN(value) && <small>{prefix}</small>}
        {formatQuantity(value, metric.unit)}
      </Cell>
      <Cell class="rate">{Number.isNaN(rate) ? "" : formatNumber(rate)}</Cell>
      <Cell class="recent">
        <Sparkline model={model} values={recent(model, ids, isSum ? "sum" : "largest")} />
      </Cell>
    </>
  )
}

const kinds = {
  gauge: "gauge",
  counter: "counter",
  updown: "up-down counter",
  histogram: "histogram",
  exponentialHistogram: "exponential histogram",
  summary: "summary"
} as const

interface SeriesCellsProps {
  readonly model: Model
  readonly id: number
  readonly row: MetricRow
  readonly href: string
}

const SeriesCells = ({ href, id, model, row: { metric } }: SeriesCellsProps) => {
  const process = model.processes[model.series.process[id] ?? -1]
  const value = seriesValue(model, id, "value")
  return (
    <>
      <Cell class="name">
        <a href={href}>
          <Labels labels={model.series.labels[id] ?? {}} />
        </a>
      </Cell>
      <Cell class="kind muted">
        {process !== undefined && model.processes.length > 1 && (
          <Text value={process.instance === "" ? process.service : process.instance} />
        )}
      </Cell>
      <Cell class="value">
        {isDistribution(metric) && !Number.isNaN(value) && <small>mean </small>}
        {formatQuantity(value, metric.unit)}
      </Cell>
      <Cell class="rate">{isCumulative(metric) ? formatNumber(seriesValue(model, id, "rate")) : ""}</Cell>
      <Cell class="recent">
        <Sparkline model={model} values={recent(model, [id])} />
      </Cell>
    </>
  )
}

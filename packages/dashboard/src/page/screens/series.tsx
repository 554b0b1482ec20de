/** Every metric, with its series: found by words and labels, sorted, and opened. */
import { signal, useSignal } from "@preact/signals"
import { useRef } from "preact/hooks"
import { hrefOf } from "../address.ts"
import { useKeys } from "../keyboard.ts"
import { hasBegun, shown } from "../live/live.ts"
import type { Model } from "../live/model.ts"
import { go, route } from "../route.ts"
import { parseFilter } from "../series/filter.ts"
import { LabelTable } from "../series/label-table.tsx"
import { SeriesTable } from "../series/series-table.tsx"
import { metricRow, Search, sortMetrics, sortSeries, tableRows, type Sorting, sortings } from "../series/table-rows.ts"
import { formatNumber } from "../text/quantity.ts"

/** The names of the metrics whose series are shown; they stay open while one looks at something else. */
const open = signal<ReadonlySet<string>>(new Set())

const search = new Search()

const sortingOf = (text: string | null): Sorting => sortings.find((one) => one === text) ?? "name"

/** The rows of the table, for what the address asks. */
const rowsOf = (model: Model, text: string, sort: Sorting) => {
  const found = search.find(model, { terms: parseFilter(text), text })
  const metrics = model.metrics.flatMap((metric) => {
    const ids = found[metric.id] ?? []
    return ids.length === 0 ? [] : [metricRow(model, metric, ids)]
  })
  const rows = tableRows(
    sortMetrics(metrics, sort),
    ({ name }) => open.value.has(name),
    (ids) => sortSeries(model, ids, sort)
  )
  return { rows, metrics, count: metrics.reduce((sum, { ids }) => sum + ids.length, 0) }
}

export const Series = () => {
  const model = shown.value
  const { parameters } = route.value
  const q = parameters.get("q") ?? ""
  const sort = sortingOf(parameters.get("sort"))
  const { count, metrics, rows } = rowsOf(model, q, sort)
  const refine = (change: Readonly<Record<string, string | undefined>>) =>
    go(hrefOf("series", "", { ...Object.fromEntries(parameters), ...change }), "replace")
  const toggle = (name: string): void => {
    const others = new Set(open.value)
    open.value = others.delete(name) ? others : others.add(name)
  }
  const areOpen = metrics.length > 0 && metrics.every(({ metric }) => open.value.has(metric.name))
  return (
    <div class="stack">
      <div class="toolbar">
        <Filter value={q} onChange={(text) => refine({ q: text })} />
        <p role="status" class="muted">
          {formatNumber(metrics.length)} of {formatNumber(model.metrics.length)} metrics, {formatNumber(count)} series
        </p>
        <button
          type="button"
          onClick={() => (open.value = new Set(areOpen ? [] : metrics.map(({ metric }) => metric.name)))}
        >
          {areOpen ? "Close all" : "Open all"}
        </button>
      </div>
      <LabelsOfAll model={model} onChoose={(label) => refine({ q: `${q} ${label}!=`.trim() })} />
      {rows.length === 0 && hasBegun.value ? (
        <p class="muted">
          {model.metrics.length === 0
            ? "No metrics yet."
            : "No series is like this. A filter is words, or label=value."}
        </p>
      ) : (
        <SeriesTable
          model={model}
          rows={rows}
          sort={sort}
          parameters={parameters}
          isOpen={(name) => open.value.has(name)}
          onSort={(by) => refine({ sort: by === "name" ? undefined : by })}
          onToggle={toggle}
        />
      )}
    </div>
  )
}

const Filter = ({ onChange, value }: { readonly value: string; readonly onChange: (text: string) => void }) => {
  const input = useRef<HTMLInputElement>(null)
  useKeys([{ key: "/", does: "filter", run: () => input.current?.focus() }])
  return (
    <label class="filter">
      <span>Filter</span>
      <input
        ref={input}
        type="search"
        spellcheck={false}
        autocomplete="off"
        placeholder="words, or job_type=digest"
        value={value}
        onInput={({ currentTarget }) => onChange(currentTarget.value)}
        onKeyDown={(event) => {
          if (event.key === "Enter" || (event.key === "Escape" && value === "")) {
            event.currentTarget.blur()
          }
        }}
      />
    </label>
  )
}

interface LabelsOfAllProps {
  readonly model: Model
  readonly onChoose: (label: string) => void
}

const LabelsOfAll = ({ model, onChoose }: LabelsOfAllProps) => {
  const isOpen = useSignal(false)
  const { labels, size } = model.series
  return (
    <details onToggle={({ currentTarget }) => (isOpen.value = currentTarget.open)}>
      <summary>Labels with the most values</summary>
      {isOpen.value && <LabelTable of={labels} size={size} onChoose={onChoose} />}
    </details>
  )
}

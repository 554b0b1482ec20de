/** The results as a table for people. */
import type { Entry } from "./figures.ts"
import type { Result } from "./harness.ts"

/** The figures with what they have to reach, then everything else that was measured. */
export const table = (entries: ReadonlyArray<Entry>): string => {
  const isCompared = entries.some(({ against }) => against !== undefined)
  const measured = [...own, ...(isCompared ? compared : []), unit]
  const figures = entries.filter(({ verdict }) => verdict !== undefined)
  const others = entries.filter(({ verdict }) => verdict === undefined)
  return [
    aligned([name("figure"), ...measured, reach, verdict], figures),
    aligned([name("measured"), ...measured], others)
  ]
    .filter((part) => part !== "")
    .join("\n\n")
}

interface Column {
  readonly title: string
  readonly align: "left" | "right"
  readonly cell: (entry: Entry) => string
}

const name = (title: string): Column => ({ title, align: "left", cell: (entry) => entry.name })

const own: ReadonlyArray<Column> = [
  { title: "value", align: "right", cell: (entry) => valueOf(entry) },
  { title: "range", align: "right", cell: (entry) => rangeOf(entry) }
]

const compared: ReadonlyArray<Column> = [
  { title: "other", align: "right", cell: ({ against }) => (against === undefined ? "" : valueOf(against)) },
  { title: "range", align: "right", cell: ({ against }) => (against === undefined ? "" : rangeOf(against)) },
  { title: "this/other", align: "right", cell: ({ against }) => against?.ratio.toFixed(2) ?? "" }
]

const unit: Column = { title: "unit", align: "left", cell: (entry) => entry.unit }

const reach: Column = {
  title: "reach",
  align: "left",
  cell: (entry) => (entry.reach === undefined ? "" : `${entry.better === "more" ? ">=" : "<="} ${entry.reach}`)
}

const verdict: Column = { title: "", align: "left", cell: (entry) => entry.verdict ?? "" }

const valueOf = ({ unit: of, value }: Result): string => written(value, of)

const rangeOf = ({ range, unit: of }: Result): string =>
  range === undefined ? "" : `${written(range[0], of)}..${written(range[1], of)}`

const written = (value: number, of: string): string => value.toFixed(of === "ratio" ? 2 : 1)

const aligned = (columns: ReadonlyArray<Column>, entries: ReadonlyArray<Entry>): string => {
  if (entries.length === 0) {
    return ""
  }
  const cells = columns.map(({ align, cell, title }) => {
    const column = [title, ...entries.map(cell)]
    const width = Math.max(...column.map(({ length }) => length))
    return column.map((text) => (align === "right" ? text.padStart(width) : text.padEnd(width)))
  })
  return [0, ...entries.map((_, row) => row + 1)]
    .map((row) =>
      cells
        .map((column) => column[row] ?? "")
        .join("  ")
        .trimEnd()
    )
    .join("\n")
}

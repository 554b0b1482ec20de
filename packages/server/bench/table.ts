/** The results as a table for people. */
import { figures, verdict } from "./figures.ts"
import type { Result } from "./harness.ts"

/** The figures with what they have to reach, then everything else that was measured. */
export const table = (results: ReadonlyArray<Result>): string => {
  const named = new Set(figures.map(({ name }) => name))
  const rows = figures.flatMap((figure) => {
    const result = results.find(({ name }) => name === figure.name)
    if (result === undefined) return []
    const bound = `${figure.better === "more" ? ">=" : "<="} ${figure.reach}`
    return [[figure.name, written(result), result.unit, bound, verdict(figure, result.value)]]
  })
  const others = results
    .filter(({ name }) => !named.has(name))
    .map((result) => [result.name, written(result), result.unit])
  return [
    aligned([["figure", "value", "unit", "reach", ""], ...rows]),
    ...(others.length === 0 ? [] : [aligned([["measured", "value", "unit"], ...others])])
  ].join("\n\n")
}

const written = ({ unit, value }: Result): string => (unit === "ratio" ? value.toFixed(2) : value.toFixed(1))

const aligned = (rows: ReadonlyArray<ReadonlyArray<string>>): string => {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => (row[column] ?? "").length)))
  return rows
    .map((row) =>
      row.map((cell, column) => (column === 1 ? cell.padStart(widths[1] ?? 0) : cell.padEnd(widths[column] ?? 0)))
    )
    .map((cells) => cells.join("  ").trimEnd())
    .join("\n")
}

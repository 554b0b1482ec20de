/** The spans of a trace as rows: each below its parent, in the order of their start. */
import type { TraceSpan } from "../../protocol/traces.ts"

export interface Row {
  readonly span: TraceSpan
  /** How many of its ancestors are here. */
  readonly depth: number
  /** Whether it has a parent that is not here, or that is one of its own descendants. */
  readonly isOrphan: boolean
}

/** All spans, whatever they say of their parents; they are given in the order of their start. */
export const rowsOf = (spans: ReadonlyArray<TraceSpan>): ReadonlyArray<Row> => {
  const ids = new Set(spans.map(({ spanId }) => spanId))
  const children = new Map<string, Array<TraceSpan>>()
  for (const span of spans) {
    const parent = span.parentSpanId
    if (parent !== undefined && ids.has(parent)) {
      const known = children.get(parent) ?? []
      known.push(span)
      children.set(parent, known)
    }
  }
  const rows: Array<Row> = []
  const seen = new Set<string>()
  const begin = (first: TraceSpan): void => {
    const open: Array<Row> = [{ span: first, depth: 0, isOrphan: first.parentSpanId !== undefined }]
    for (let row = open.pop(); row !== undefined; row = open.pop()) {
      const { depth, span } = row
      if (!seen.has(span.spanId)) {
        seen.add(span.spanId)
        rows.push(row)
        const below = children.get(span.spanId) ?? []
        open.push(...below.toReversed().map((child) => ({ span: child, depth: depth + 1, isOrphan: false })))
      }
    }
  }
  spans.filter(({ parentSpanId }) => parentSpanId === undefined || !ids.has(parentSpanId)).forEach(begin)
  // Those left are their own ancestors.
  spans.filter(({ spanId }) => !seen.has(spanId)).forEach(begin)
  return rows
}

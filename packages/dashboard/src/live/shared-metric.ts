/** Gauges of the whole cluster: whoever reports them reports the same. */
import { catalogue, otlpName } from "@parametric-portal/server/observe/catalogue"

const names: ReadonlySet<string> = new Set(
  Object.values(catalogue).flatMap((rows) =>
    Object.values(rows).flatMap((row) => ("scope" in row && row.scope === "cluster" ? [otlpName(row)] : []))
  )
)

/** Whether the catalogue says so of a metric. */
export const isShared = (name: string): boolean => names.has(name)

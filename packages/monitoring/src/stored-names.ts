/** The names under which Prometheus stores a row. */
import type { Row } from "@parametric-portal/server/observe/catalogue"

/** Three of a histogram. */
export const storedNames = ({ kind, name }: Pick<Row, "kind" | "name">): ReadonlyArray<string> =>
  kind === "histogram" ? [`${name}_bucket`, `${name}_count`, `${name}_sum`] : [name]

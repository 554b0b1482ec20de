/** Names of the catalogue that somebody has got nearly right. */
import { cluster } from "../catalogue/cluster.ts"
import { jobs } from "../catalogue/jobs.ts"
import type { Row } from "../catalogue/row.ts"
import { telemetry } from "../catalogue/telemetry.ts"
import { workflow } from "../catalogue/workflow.ts"

const names: ReadonlySet<string> = new Set(
  [jobs, cluster, workflow, telemetry].flatMap((rows) => Object.values<Row>(rows).map(({ name }) => name))
)

/**
 * The metric of the catalogue that is meant by a name which is not its own: no ending or one more, a letter too many, too few or
 * wrong, two that changed places. Undefined for its own name, and for any other, which may be of an application's metric.
 */
export const misspelt = (name: string): string | undefined =>
  names.has(name) ? undefined : Array.from(names).find((own) => isPartOf(own, name) || isOneEditApart(own, name))

const isPartOf = (own: string, name: string): boolean =>
  own.replace(/_(total|seconds)$/, "") === name ||
  (name.startsWith(own) && /^_(total|bucket|count|sum)$/.test(name.slice(own.length)))

const isOneEditApart = (left: string, right: string): boolean => {
  let at = 0
  while (at < left.length && left[at] === right[at]) {
    at += 1
  }
  const [here, there] = [left.slice(at), right.slice(at)]
  return (
    here.slice(1) === there.slice(1) ||
    here.slice(1) === there ||
    here === there.slice(1) ||
    (here[0] === there[1] && here[1] === there[0] && here.slice(2) === there.slice(2))
  )
}

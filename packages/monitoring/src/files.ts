/** Every file that is generated, by its path in the repository. Pure: the same sources give the same bytes. */
import { ruleFile } from "./files/rules.ts"

const generated = "packages/monitoring/generated"

/** Path -> content. */
export const files = (): ReadonlyMap<string, string> =>
  new Map([
    [`${generated}/prometheus/rules/jobs.yaml`, ruleFile("jobs")],
    [`${generated}/prometheus/rules/cluster.yaml`, ruleFile("cluster")],
    [`${generated}/prometheus/rules/telemetry.yaml`, ruleFile("telemetry")]
  ])

/** Folders that hold generated files only: what else is found there is removed. */
export const generatedFolders: ReadonlyArray<string> = [generated, "docs/runbooks"]

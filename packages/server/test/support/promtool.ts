/** Lets promtool check a page of metrics. It comes with Debian's `prometheus`; a test that needs it fails where it is missing. */
import { spawnSync } from "node:child_process"

/** What promtool says of a page, a line for each problem, sorted; empty where it finds nothing. */
export const checkMetrics = (page: string): ReadonlyArray<string> => {
  const { error, status, stderr, stdout } = spawnSync("promtool", ["check", "metrics"], {
    input: page,
    encoding: "utf8"
  })
  if (error !== undefined) {
    throw new Error("promtool is needed for this test: apt-get install -y --no-install-recommends prometheus")
  }
  const lines = `${stdout}${stderr}`.split("\n").filter((line) => line !== "")
  return status === 0 || status === 3 ? lines.toSorted() : [`promtool ended with ${status}`, ...lines]
}

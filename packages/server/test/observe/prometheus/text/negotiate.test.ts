/** Which format a scraper gets. */
import { expect, it } from "@effect/vitest"
import { formatFor } from "../../../../src/observe/prometheus/text/negotiate.ts"

const cases: ReadonlyArray<readonly [accept: string | undefined, format: "openmetrics" | "text"]> = [
  [undefined, "text"],
  ["", "text"],
  ["*/*", "text"],
  ["text/html,*/*;q=0.8", "text"],
  ["text/plain", "text"],
  ["application/openmetrics-text", "openmetrics"],
  ["application/openmetrics-text; version=1.0.0; charset=utf-8", "openmetrics"],
  ["APPLICATION/OPENMETRICS-TEXT;VERSION=1.0.0", "openmetrics"],
  ['application/openmetrics-text; version="1.0.0"; q="0.7"', "openmetrics"],
  // Prometheus 2.42, then 3.
  [
    "application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,text/plain;version=0.0.4;q=0.5,*/*;q=0.1",
    "openmetrics"
  ],
  [
    "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.6,text/plain;version=1.0.0;q=0.4,*/*;q=0.3",
    "openmetrics"
  ],
  ["application/openmetrics-text;version=2.0.0,text/plain", "text"],
  ["application/openmetrics-text;q=0.2,text/plain;q=0.9", "text"],
  ["application/openmetrics-text;q=0,text/plain;q=0", "text"],
  ["application/openmetrics-text;q=nonsense", "text"]
]

for (const [accept, format] of cases) {
  it(`Accept: ${accept ?? "(none)"} -> ${format}`, () => {
    expect(formatFor(accept)).toBe(format)
  })
}

/**
 * What looks like a metric in a page that people write is one of the catalogue. Generated pages are tested where they
 * are made.
 */
import { describe, expect, it } from "vitest"
import { figures } from "../../bench/figures.ts"
import { catalogue, type Row } from "../../src/observe/catalogue.ts"
import { pages, read } from "./pages.ts"

const generated = ["docs/metrics.md", "docs/dashboards/", "docs/runbooks/"]

/** Figures of the benchmark, tables and indexes, which have names like metrics. */
const others = new Set([
  ...figures.map(({ name }) => name),
  // A figure of before, in the decisions.
  "jobs_metrics_cost",
  "cluster_messages",
  "cluster_messages_backlog_idx",
  "cluster_messages_shard_idx",
  "jobs_done",
  "jobs_migrations"
])

const namesOf = ({ kind, name }: Row): ReadonlyArray<string> =>
  kind === "histogram" ? ["", "_bucket", "_count", "_sum"].map((suffix) => `${name}${suffix}`) : [name]

const known = new Set(
  Object.values(catalogue)
    .flatMap((rows): ReadonlyArray<Row> => Object.values(rows))
    .flatMap(namesOf)
)

const wordsOf = (text: string): ReadonlyArray<string> =>
  Array.from(
    text.matchAll(/(?<![\w:./-])(?:jobs|cluster|workflow|telemetry)_[a-z_]*[a-z]\b(?![:*])/g),
    ([word]) => word
  )

const unknownOf = (text: string): ReadonlyArray<string> =>
  wordsOf(text).filter((word) => !known.has(word) && !others.has(word))

const written = pages.filter((page) => !generated.some((one) => page.startsWith(one)))

describe("names of metrics in written pages", () => {
  it("are found", () => {
    expect(written.flatMap((page) => wordsOf(read(page))).length).toBeGreaterThan(150)
  })

  it("are names of the catalogue", () => {
    expect(written.flatMap((page) => unknownOf(read(page)).map((word) => `${page}: ${word}`))).toEqual([])
  })

  it("are told apart from names that no metric has", () => {
    expect(unknownOf("`jobs_finished_total` and `jobs_duration_seconds_bucket`, `effect_cluster_shards`")).toEqual([
      "jobs_finished_total"
    ])
  })
})

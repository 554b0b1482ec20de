/** The programs in these guides are the examples, without their first two lines. */
import { describe, expect, it } from "vitest"
import { read } from "../docs/pages.ts"

const blocksOf = (page: string): ReadonlyArray<string> =>
  Array.from(read(`docs/guides/${page}.md`).matchAll(/^```ts\n([^]*?)^```$/gm), ([, block]) => String(block))

const programOf = (file: string): string => read(`examples/${file}.ts`).replace(/^(?:\/\/ .*\n){2}/, "")

describe("the programs of a guide are examples", () => {
  it.each([
    ["beside", ["effect-metrics", "effect-opentelemetry", "meter-provider", "prom-client-page"]],
    ["migrating", ["hand-written-metrics", "migrated-metrics"]]
  ] as const)("%s", (page, programs) => {
    expect(blocksOf(page)).toEqual(programs.map(programOf))
  })
})

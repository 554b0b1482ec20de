/**
 * The code in the documentation: TypeScript compiles as it stands, what a page shows of a file stands in that file, and of
 * all that is not run the page says why. `test/e2e/docs` runs the rest.
 */
import { existsSync } from "node:fs"
import path from "node:path"
import { beforeAll, describe, expect, it } from "vitest"
import { parse as parseYaml } from "yaml"
import { type Block, blocksOf } from "./blocks.ts"
import { missingIn, printerOf } from "./output.ts"
import { pages, read, root } from "./pages.ts"
import { programsOf, startedOf } from "./programs.ts"
import { problemsOf } from "./typecheck.ts"

const blocks = pages.map((page) => blocksOf(page, read(page)))
const all = blocks.flat()

const isIn = (language: string) => (block: Block) => block.language === language

const placeOf = ({ line, page }: Block): string => `${page}:${line}`

/** What is run of a language, and what is not. */
const counts = (language: string) => {
  const found = all.filter(isIn(language))
  const notRun = found.filter(({ said }) => said.notRun !== undefined)
  const excerpts = found.filter(({ said }) => said.excerptOf !== undefined)
  return {
    blocks: found.length,
    run: found.length - notRun.length - excerpts.length,
    notRun,
    excerpts: excerpts.length
  }
}

/** A page of one block. */
const pageOf = (fence: string, text: string, comment = ""): ReadonlyArray<Block> =>
  blocksOf("page.md", ["# Page", "", comment, `\`\`\`${fence}`, text, "```", ""].join("\n"))

/** Pages that do not compile: beside the others, as loading the libraries takes most of the time. */
const wrong = [
  pageOf("ts", `import { Effect, Layer } from "effect"\n\nexport const one: number = Effect.void`),
  blocksOf(
    "two.md",
    ["```ts", "const one = 1", "```", "", "<!-- ts: continues -->", "```ts", "one.two", "```"].join("\n")
  ),
  blocksOf(
    "three.md",
    ["<!-- ts: file a.ts -->", "```ts", "export {}", "```", "```ts", `export { b } from "./a.ts"`, "```"].join("\n")
  )
]

let problems: ReadonlyArray<string> = []

beforeAll(() => {
  problems = problemsOf([...blocks, ...wrong].flatMap(programsOf))
})

const isOfWrong = (problem: string): boolean => wrong.some(([block]) => problem.startsWith(`${block?.page}:`))

/** Lines without what stands before them: a page shows an inner part of a file at its left edge. */
const flat = (text: string): string => text.replace(/^ +/gm, "")

/** A part of a file, or a whole example, with its head or without it. */
const standsIn = (file: string, text: string): boolean =>
  file.startsWith("examples/")
    ? [read(file), read(file).replace(/^(?:\/\/ .*\n){2}/, "")].includes(text)
    : flat(read(file)).includes(flat(text))

describe("code blocks", () => {
  it("are found, and counted", () => {
    const lines = ["ts", "sh"].flatMap((language) => {
      const { blocks: found, excerpts, notRun, run } = counts(language)
      return [
        `${found} ${language} blocks: ${run} run, ${notRun.length} not run, ${excerpts} of files that are compiled and run elsewhere`,
        ...notRun.map((block) => `  ${placeOf(block)} ${block.said.notRun}`)
      ]
    })
    process.stdout.write(`${lines.join("\n")}\n`)
    expect(counts("ts").run).toBeGreaterThan(8)
    expect(counts("sh").run).toBeGreaterThan(8)
  })

  it("are in a language that a test reads", () => {
    const known = new Set(["ts", "sh", "text", "json", "yaml", "promql"])
    expect(all.filter(({ language }) => !known.has(language)).map(placeOf)).toEqual([])
  })

  it("in TypeScript compile, with the imports of their page", () => {
    expect(problems.filter((problem) => !isOfWrong(problem))).toEqual([])
  })

  it("that are part of a file stand in it", () => {
    const torn = all.filter(({ said, text }) => said.excerptOf !== undefined && !standsIn(said.excerptOf, text))
    expect(torn.map(placeOf)).toEqual([])
  })

  it("in JSON and YAML can be parsed", () => {
    const parsed = all.flatMap(({ language, text }) =>
      language === "json" ? [JSON.parse(text)] : language === "yaml" ? [parseYaml(text)] : []
    )
    expect(parsed.filter((one) => typeof one !== "object" || one === null)).toEqual([])
    expect(parsed.length).toBeGreaterThan(2)
  })

  it("name files once a page, and files that are there where they say why they are not run", () => {
    const files = all.flatMap(({ page, said }) => (said.file === undefined ? [] : [`${page} ${said.file}`]))
    expect(files.filter((file, index) => files.indexOf(file) < index)).toEqual([])
    const paths = all.flatMap(({ said }) => said.notRun?.match(/(?:packages|examples)\/[\w./-]+\w/g) ?? [])
    expect(paths.length).toBeGreaterThan(5)
    expect(paths.filter((file) => !existsSync(path.join(root, file)))).toEqual([])
  })

  it("that show what another one prints name one that is run", () => {
    const nameless = blocks.flatMap((page) =>
      page.filter((block) => block.said.outputOf !== undefined && printerOf(block, page) === undefined)
    )
    expect(nameless.map(placeOf)).toEqual([])
  })
})

describe("a page that is wrong is refused", () => {
  it("where a block does not compile, by its line", () => {
    expect(problems.filter(isOfWrong)).toEqual([
      "page.md:5: 'Layer' is declared but its value is never read.",
      "page.md:7: Type 'Effect<void, never, never>' is not assignable to type 'number'.",
      "two.md:7: Property 'two' does not exist on type '1'.",
      `three.md:6: Module '"./a.ts"' has no exported member 'b'.`
    ])
  })

  it.each([
    ["sh", "<!-- sh: not run -->"],
    ["sh", "<!-- sh: not run: no -->"],
    ["sh", "<!-- ts: not run: it needs another machine -->"],
    ["sh", "<!-- sh: file main.ts -->"],
    ["ts", "<!-- ts: compiled -->"]
  ])("where it says of a %s block what means nothing: %s", (language, comment) => {
    expect(() => pageOf(language, "", comment)).toThrow(/^page\.md:4: /)
  })

  it("where a block has no end, or continues nothing", () => {
    expect(() => blocksOf("page.md", "```ts\nconst one = 1\n")).toThrow("page.md:1: the block has no end")
    expect(() => programsOf(pageOf("ts", "", "<!-- ts: continues -->"))).toThrow("nothing is above")
  })

  it("where a line that it shows was not printed", () => {
    const printed = "[12:00:00.123] INFO (#0): sent 12 points to http://localhost:4318\nvisits_total 2\n"
    expect(missingIn(printed, "INFO sent 41 points to http://localhost:4318\nvisits_total 7\n")).toEqual([])
    expect(missingIn(printed, "INFO lost 41 points\nvisits_total 7\n")).toEqual(["INFO lost 0 points"])
    expect(missingIn(printed, "visits_total 7\nvisits_total 8\n")).toEqual(["visits_total 0"])
  })
})

describe("what is run", () => {
  it("is each program that no other one runs as well", () => {
    const text = [
      ["<!-- ts: file one.ts -->", "export const one = 1"],
      ["", `import { one } from "./one.ts"`],
      ["<!-- ts: continues -->", "one"],
      ["<!-- ts: not run: it needs another machine -->", "export const two = 2"]
    ].flatMap(([comment = "", code = ""]) => [comment, "```ts", code, "```"])
    const programs = programsOf(blocksOf("page.md", text.join("\n")))
    expect(programs.map(({ file }) => file)).toEqual(["one.ts", "line-7.ts", "line-11.ts", "line-15.ts"])
    expect(startedOf(programs).map(({ text: code }) => code)).toEqual([`import { one } from "./one.ts"\none\n`])
  })
})

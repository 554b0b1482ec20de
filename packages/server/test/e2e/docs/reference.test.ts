/** `npm run docs`: a site of all that is public, and what it refuses. */
import { execFile } from "node:child_process"
import { existsSync } from "node:fs"
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import path from "node:path"
import { promisify } from "node:util"
import { afterEach, beforeEach, describe, expect, it } from "vitest"
import { read, root } from "../../docs/pages.ts"

const run = promisify(execFile)

/** Where the task is: it needs Node alone, and no types. */
const task: string = path.join(root, ".ci/reference.mjs")

interface Task {
  readonly build: (
    entryPoints: ReadonlyArray<string>,
    options: Readonly<Record<string, unknown>>
  ) => Promise<ReadonlyArray<string>>
}

describe("npm run docs", () => {
  it("builds a site with every public subpath, every guide and a search", async () => {
    await run("npm", ["run", "docs"], { cwd: root })
    const site = path.join(root, "dist/docs")
    const { exports } = JSON.parse(read("packages/server/package.json")) as { readonly exports: object }
    const subpaths = Object.keys(exports).filter((subpath) => !subpath.endsWith(".json"))
    const modules = subpaths.map((subpath) => `${subpath.slice(2).replaceAll("/", "_")}.html`)
    const built = await readdir(path.join(site, "modules"))
    expect(modules.filter((page) => !built.includes(page))).toEqual([])
    expect((await readdir(path.join(site, "documents"))).length).toBeGreaterThan(30)
    expect(existsSync(path.join(site, "assets/search.js"))).toBe(true)
    const telemetry = await readFile(path.join(site, "modules/observe_telemetry.html"), "utf8")
    expect(telemetry).toContain('href="../documents/Wiring_telemetry.html"')
    const { stdout } = await run("git", ["status", "--porcelain", "--", "dist"], { cwd: root })
    expect(stdout).toBe("")
  })
})

const good = "/**\n * A module.\n *\n * @module\n */\n"

describe("the reference refuses", () => {
  let folder = ""

  beforeEach(async () => {
    folder = await mkdtemp(path.join(tmpdir(), "reference-"))
  })

  afterEach(() => rm(folder, { recursive: true, force: true }))

  const problemsOf = async (source: string, page = "# Page\n"): Promise<ReadonlyArray<string>> => {
    await writeFile(path.join(folder, "source.ts"), source)
    // A second one: of a single file TypeDoc makes no module.
    await writeFile(path.join(folder, "other.ts"), `${good}/** Two. */\nexport const two = 2\n`)
    await writeFile(path.join(folder, "package.json"), `{ "name": "fixture", "type": "module" }`)
    await writeFile(path.join(folder, "page.md"), page)
    const compiler = {
      extends: path.join(root, "tsconfig.base.json"),
      compilerOptions: { types: [] },
      include: ["*.ts"]
    }
    await writeFile(path.join(folder, "tsconfig.json"), JSON.stringify(compiler))
    const { build } = (await import(task)) as Task
    return build([path.join(folder, "source.ts"), path.join(folder, "other.ts")], {
      tsconfig: path.join(folder, "tsconfig.json"),
      out: path.join(folder, "site"),
      readme: "none",
      projectDocuments: [path.join(folder, "page.md")],
      intentionallyNotExported: [],
      logLevel: "None"
    })
  }

  it("nothing, where all is well", async () => {
    expect(await problemsOf(`${good}/** One. */\nexport const one = 1\n`)).toEqual([])
  })

  it.each([
    ["an export without a docstring", "export const one = 1\n", /\.one \(.*\) has no docstring$/],
    [
      "a field of an interface without one",
      "/** A. */\nexport interface A {\n  readonly b: string\n}\n",
      /\.A\.b \(.*\) has no docstring$/
    ],
    [
      "a type that nobody can look up",
      "interface Hidden {\n  readonly a: string\n}\n/** One. */\nexport const one: Hidden | undefined = undefined\n",
      /^Hidden, .* not included in the documentation$/
    ],
    [
      "a link to what is not there",
      "/** See {@link nothing}. */\nexport const one = 1\n",
      /^Failed to resolve link to "nothing"/
    ]
  ])("%s", async (_, source, problem) => {
    const problems = await problemsOf(`${good}${source}`)
    expect(problems).toHaveLength(1)
    expect(problems[0]).toMatch(problem)
  })

  it("a page with a link to no file, and one to no heading", async () => {
    const source = `${good}/** One. */\nexport const one = 1\n`
    expect((await problemsOf(source, "# Page\n\n[a](none.md)\n")).join("\n")).toMatch(/none\.md/)
    expect((await problemsOf(source, "# Page\n\n[a](#none)\n")).join("\n")).toMatch(/#none leads to no heading/)
  })

  it("a module without a docstring", async () => {
    const [problem, ...others] = await problemsOf("/** One. */\nexport const one = 1\n")
    expect(problem).toMatch(/source.* has no docstring$/)
    expect(others).toEqual([])
  })
})

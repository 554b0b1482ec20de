/** The pages for contributors name only what exists: files, folders, npm scripts, targets of nx. */
import { describe, expect, it } from "@effect/vitest"
import { existsSync, readdirSync, readFileSync } from "node:fs"
import { dirname, join } from "node:path"
import { fileURLToPath } from "node:url"

const root = fileURLToPath(new URL("../../../../", import.meta.url))
const read = (file: string): string => readFileSync(join(root, file), "utf8")

const found = (text: string, pattern: RegExp): ReadonlyArray<string> =>
  Array.from(new Set(Array.from(text.matchAll(pattern), ([, what = ""]) => what)))

/** Code in a line and in blocks. */
const codeIn = (page: string): string =>
  [...found(page, /```\w*\n([^]*?)```/g), ...found(page.replace(/```[^]*?```/g, ""), /`([^`\n]+)`/g)].join("\n")

const scripts: Readonly<Record<string, string>> = JSON.parse(read("package.json")).scripts

/** Words of code with a slash that begin in the repository or in a package of it. */
const pathsIn = (page: string): ReadonlyArray<string> =>
  found(codeIn(page), /(?:^|\s)((?:packages|docs|examples|src|test|bench|\.[\w-]+)\/[\w./-]*)(?=\s|$)/gm)

const folders = ["", ...readdirSync(join(root, "packages")).map((name) => join("packages", name))]
const exists = (path: string): boolean => folders.some((folder) => existsSync(join(root, folder, path)))

const missing = (file: string) => {
  const page = read(file)
  const code = codeIn(page)
  const links = found(page, /\]\((?!https?:|#)([^)#]+)/g)
  const targets = found(code, /nx run server:([\w-]+)/g)
  const known = Object.keys(JSON.parse(read("packages/server/project.json")).targets)
  return {
    paths: pathsIn(page).filter((path) => !exists(path)),
    links: links.filter((link) => !existsSync(join(root, dirname(file), link))),
    scripts: found(code, /(?<!\w)npm (?:run )?((?!login|deprecate|install|audit)[a-z][\w:]*)/g).filter(
      (name) => !(name in scripts)
    ),
    targets: targets.filter((target) => !known.includes(target))
  }
}

const nothing = { paths: [], links: [], scripts: [], targets: [] }
const pages = ["CONTRIBUTING.md", "SECURITY.md", "docs/releasing.md", ".changeset/README.md"]

describe("the pages for contributors", () => {
  it.each(pages)("%s names only what exists", (page) => expect(missing(page)).toEqual(nothing))

  it("CONTRIBUTING.md names every npm script", () => {
    const named = found(read("CONTRIBUTING.md"), /(?<!\w)npm (?:run )?([a-z][\w:]*)/g)
    expect(Object.keys(scripts).filter((name) => !named.includes(name))).toEqual([])
  })

  it("are read: paths are found in code, and a path that does not exist is missing", () => {
    expect(pathsIn("see `npx vitest run test/a.test.ts`, and `.ci/run`")).toEqual(["test/a.test.ts", ".ci/run"])
    expect(pathsIn(read("CONTRIBUTING.md")).length).toBeGreaterThan(10)
    expect(["packages/server/src/none.ts", ".ci/none"].filter(exists)).toEqual([])
  })
})

describe("the changelog", () => {
  it("has the version of the package", () => {
    const { version } = JSON.parse(read("packages/server/package.json"))
    expect(found(read("packages/server/CHANGELOG.md"), /^## (.+)$/gm)).toContain(version)
  })
})

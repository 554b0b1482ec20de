/** Every link in the documentation leads somewhere: to a file of this repository, and to a heading of it. */
import { existsSync, statSync } from "node:fs"
import path from "node:path"
import { describe, expect, it } from "vitest"
import { pages, read, root } from "./pages.ts"

/** Where the repository is published: what is read elsewhere, as the package's README, has whole addresses. */
const published = "https://github.com/parametric-portal/parametric-portal/blob/main/"

interface Page {
  /** The targets of its links and pictures. */
  readonly links: ReadonlyArray<string>
  /** What can stand behind `#`. */
  readonly anchors: ReadonlySet<string>
}

const parse = (markdown: string): Page => {
  const prose = markdown.replace(/^(`{3,})[^]*?^\1$/gm, "")
  const slugs = Array.from(prose.matchAll(/^#{1,6} +(.*)$/gm), ([, heading]) => slugOf(String(heading)))
  const anchors = slugs.map((slug, index) => {
    const before = slugs.slice(0, index).filter((one) => one === slug).length
    return before === 0 ? slug : `${slug}-${before}`
  })
  const links = Array.from(prose.replace(/`[^`\n]*`/g, "code").matchAll(/\]\(([^()\s]+)(?: "[^"]*")?\)/g))
  return { anchors: new Set(anchors), links: links.map(([, target]) => String(target)) }
}

/** The anchor of a heading, as GitHub makes it. */
const slugOf = (heading: string): string =>
  heading
    .replace(/!?\[([^\]]*)\]\([^)]*\)/g, "$1")
    .toLowerCase()
    .replace(/[^\p{L}\p{N}\p{M}_ -]/gu, "")
    .trim()
    .replaceAll(" ", "-")

const parsed = new Map(pages.map((page) => [page, parse(read(page))]))

/** What is wrong with a link, or nothing. */
const problemOf = (page: string, link: string): string | undefined => {
  if (/^[a-z]+:/.test(link) && !link.startsWith(published)) {
    return undefined
  }
  const isWhole = link.startsWith(published)
  const [address = "", anchor] = (isWhole ? link.slice(published.length) : link).replace(/\?raw=true$/, "").split("#")
  const file = path.normalize(isWhole ? address : address === "" ? page : path.join(path.dirname(page), address))
  if (!existsSync(path.join(root, file))) {
    return `${page}: ${link} leads to no file`
  }
  if (anchor === undefined) {
    return undefined
  }
  if (statSync(path.join(root, file)).isDirectory()) {
    return `${page}: ${link} names a heading of a folder`
  }
  return parsed.get(file)?.anchors.has(anchor) === true ? undefined : `${page}: ${link} leads to no heading`
}

const links = Array.from(parsed).flatMap(([page, { links }]) => links.map((link) => ({ page, link })))

describe("links", () => {
  it("are found: in the READMEs, in the guides and in the generated pages", () => {
    expect(pages).toEqual(expect.arrayContaining(["README.md", "docs/metrics.md", "packages/server/README.md"]))
    expect(links.filter(({ page }) => page.startsWith("docs/guides/")).length).toBeGreaterThan(20)
    expect(links.length).toBeGreaterThan(300)
  })

  it("lead to files and headings that exist", () => {
    expect(links.flatMap(({ link, page }) => problemOf(page, link) ?? [])).toEqual([])
  })

  it("and paths in code name what exists", () => {
    const paths = pages.flatMap((page) =>
      Array.from(read(page).matchAll(/`((?:packages|docs|examples|\.ci)\/[\w./-]+)`/g), ([, file = ""]) => ({
        page,
        file
      }))
    )
    expect(paths.length).toBeGreaterThan(20)
    // What a command makes is not there before it ran.
    const missing = paths.filter(({ file }) => !file.includes("node_modules") && !existsSync(path.join(root, file)))
    expect(missing).toEqual([])
  })

  it("are whole addresses in the README that the package registry shows", () => {
    const page = "packages/server/README.md"
    const relative = links.filter((one) => one.page === page && !/^(https:|#)/.test(one.link))
    expect(relative).toEqual([])
  })

  it("are told apart from links that lead nowhere", () => {
    const bad = ["docs/nothing.md", "docs/metrics.md#nothing", "#nothing", "docs#install", `${published}nothing.md`]
    expect(bad.flatMap((link) => problemOf("README.md", link) ?? [])).toEqual([
      "README.md: docs/nothing.md leads to no file",
      "README.md: docs/metrics.md#nothing leads to no heading",
      "README.md: #nothing leads to no heading",
      "README.md: docs#install names a heading of a folder",
      `README.md: ${published}nothing.md leads to no file`
    ])
  })

  it("find a heading with punctuation, and the second of two with one name", () => {
    const { anchors } = parse("# A `b`: c, d\n\n## Again\n\n```sh\n# no heading\n```\n\n## Again\n")
    expect([...anchors]).toEqual(["a-b-c-d", "again", "again-1"])
  })
})

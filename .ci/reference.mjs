/**
 * The reference of the library as a web site in `dist/docs`: TypeDoc makes it of the docstrings of every public
 * subpath, with the guides and all other pages beside it. It fails on what a reader would miss: an export without a
 * docstring, a type that a signature names and nobody can look up, a link that leads nowhere.
 */
import { readFileSync } from "node:fs"
import path from "node:path"
import { Application, Comment, CommentTag, Converter, Logger, LogLevel, PageEvent, ReflectionKind } from "typedoc"
import { root } from "./install.mjs"
import { deadLinks } from "./site-links.mjs"

export const site = path.join(root, "dist/docs")

/** Where the repository is published: what is read elsewhere, as docstrings in an editor, has whole addresses. */
const published = "https://github.com/parametric-portal/parametric-portal/blob/main/"

const manifestOf = (folder) => JSON.parse(readFileSync(path.join(root, "packages", folder, "package.json"), "utf8"))

const sourcesOf = (folder) =>
  Object.values(manifestOf(folder).exports)
    .filter((target) => target.endsWith(".ts"))
    .map((target) => path.join(root, "packages", folder, target))

/** All that a page of the repository may link to as a page. */
const documents = ["docs/**/*.md", "examples/README.md", "CONTRIBUTING.md", "SECURITY.md"]

/**
 * What signatures name and nobody outside may use: how a handle leads to its instrument, what is built into a service, and
 * the constant that is public as `MetricsService.boundaries`.
 */
const opaque = ["Instrument", "InstrumentId", "MetricsShape", "boundaries"]

const options = (entryPoints) => ({
  name: "@parametric-portal/server",
  entryPoints,
  tsconfig: path.join(root, "packages/server/tsconfig.build.json"),
  basePath: root,
  out: site,
  readme: path.join(root, "README.md"),
  projectDocuments: documents.map((pattern) => path.join(root, pattern)),
  excludeInternal: true,
  excludePrivate: true,
  excludeExternals: true,
  githubPages: true,
  hideGenerator: true,
  navigation: { includeCategories: true, includeGroups: false, includeFolders: true, compactFolders: false },
  defaultCategory: "Reference",
  categoryOrder: ["Guides", "Reference", "Runbooks", "Decisions", "More"],
  categorizeByGroup: false,
  ignoredHighlightLanguages: ["promql"],
  markdownItLoader: withCodeInAnchors,
  intentionallyNotExported: opaque,
  includeVersion: true,
  sourceLinkTemplate: `${published}{path}#L{line}`,
  disableGit: true,
  navigationLinks: { Repository: "https://github.com/parametric-portal/parametric-portal" },
  validation: {
    notExported: true,
    invalidLink: true,
    rewrittenLink: true,
    notDocumented: false,
    unusedMergeModuleWith: true
  },
  treatWarningsAsErrors: true,
  treatValidationWarningsAsErrors: true,
  logLevel: "Warn"
})

/** What an export can be. */
const exported =
  ReflectionKind.Module |
  ReflectionKind.Class |
  ReflectionKind.Enum |
  ReflectionKind.Function |
  ReflectionKind.Interface |
  ReflectionKind.Namespace |
  ReflectionKind.TypeAlias |
  ReflectionKind.Variable

/** What a class or an interface has of its own; what a literal type has is told by whoever it belongs to. */
const member = ReflectionKind.Property | ReflectionKind.Method | ReflectionKind.Accessor

/** A member whose name is a symbol is opaque. */
const isMember = (one) =>
  !one.name.startsWith("[") &&
  one.kindOf(member) &&
  one.parent?.kindOf(ReflectionKind.ClassOrInterface) &&
  one.inheritedFrom === undefined

const isModuleLevel = (one) =>
  one.kindOf(exported) && one.parent?.kindOf(ReflectionKind.SomeModule | ReflectionKind.Project)

const commented = (one) =>
  [one, ...(one.signatures ?? []), one.getSignature].some((part) => part?.comment?.hasVisibleComponent() === true)

/** The full names of exports, and of members of exported classes and interfaces, that have no docstring. */
export const undocumented = (project) =>
  project
    .getReflectionsByKind(exported | member)
    .filter((one) => (isModuleLevel(one) || isMember(one)) && !one.flags.isExternal && !commented(one))
    .map((one) => `${one.getFriendlyFullName()} (${one.sources?.[0]?.fileName ?? "no source"}) has no docstring`)

/** Under which heading of the navigation the pages of a folder are; the others are under the last one. */
const shelves = { "docs/guides/": "Guides", "docs/runbooks/": "Runbooks", "docs/decisions/": "Decisions", "": "More" }

/** A module is called as it is imported; a page what its first line says, on the shelf of its folder. */
const rename = (context) => {
  for (const one of context.project.getReflectionsByKind(ReflectionKind.Module)) {
    one.name = one.name.replace(/^packages\/[^/]+\/src\//, "")
  }
  for (const page of context.project.getReflectionsByKind(ReflectionKind.Document)) {
    const file = path.relative(root, context.project.files.getReflectionPath(page) ?? "")
    const text = page.content.map((part) => part.text).join("")
    page.name = /^# +(.*)$/m.exec(text)?.[1]?.replaceAll("`", "") ?? page.name
    const [, shelf] = Object.entries(shelves).find(([folder]) => file.startsWith(folder)) ?? []
    page.comment ??= new Comment()
    page.comment.blockTags.push(new CommentTag("@category", [{ kind: "text", text: shelf ?? "" }]))
  }
}

/** Whole addresses of pages that the site has become links within it. */
const linkWithin = (app, project) => {
  const pages = new Map(
    project
      .getReflectionsByKind(ReflectionKind.Document)
      .map((page) => [path.relative(root, project.files.getReflectionPath(page) ?? ""), page])
  )
  const whole = new RegExp(`href="${published}([^"#]+)(#[^"]*)?"`, "g")
  app.renderer.on(PageEvent.END, (event) => {
    event.contents = event.contents?.replace(whole, (found, file, anchor = "") =>
      pages.has(file) ? `href="${app.renderer.router.relativeUrl(event.model, pages.get(file))}${anchor}"` : found
    )
  })
}

/** Code in headings becomes text between tags: TypeDoc leaves other code out of a heading's anchor, and GitHub does not. */
const withCodeInAnchors = (parser) =>
  parser.core.ruler.push("code-in-headings", ({ tokens, Token }) => {
    for (const [index, { children, type }] of tokens.entries()) {
      if (type === "inline" && tokens[index - 1]?.type === "heading_open") {
        tokens[index].children = children.flatMap((one) => {
          const [before, text, after] = ["html_inline", "text", "html_inline"].map((kind) => new Token(kind, "", 0))
          before.content = "<code>"
          text.content = one.content
          after.content = "</code>"
          return one.type === "code_inline" ? [before, text, after] : [one]
        })
      }
    }
  })

/** Keeps the warnings and errors of TypeDoc, which are problems as any others. */
class Problems extends Logger {
  all = []

  log(message, level) {
    super.log(message, level)
    if (level >= LogLevel.Warn) {
      this.all.push(message)
    }
  }
}

/** Builds the site; resolves with what is wrong with it. `entryPoints` are the files of the public subpaths. */
export const build = async (entryPoints = sourcesOf("server"), more = {}) => {
  const app = await Application.bootstrap({ ...options(entryPoints), ...more })
  const logger = new Problems()
  app.logger = logger
  app.converter.on(Converter.EVENT_RESOLVE_BEGIN, rename)
  const project = await app.convert()
  if (project === undefined) {
    return ["TypeDoc could not read the sources", ...logger.all]
  }
  app.validate(project)
  linkWithin(app, project)
  await app.generateOutputs(project)
  return [...undocumented(project), ...logger.all, ...deadLinks(app.options.getValue("out"))]
}

export const reference = {
  name: "reference",
  execute: async () => {
    const problems = await build()
    process.stdout.write(problems.map((problem) => `${problem}\n`).join(""))
    process.stdout.write(problems.length === 0 ? `The site is in ${path.relative(root, site)}.\n` : "")
    return { ok: problems.length === 0 }
  }
}

/**
 * Bundles the command of the package in the current folder into one file that needs nothing but Node, and writes the
 * licences of all packages that are in it, and in the page, to `dist/licenses.txt`. Run after `build.mjs`, which empties
 * `dist`. `package.json` says the file in `publishConfig.bin`, and its source has the same name in `src`.
 */
import { build } from "esbuild"
import { readdirSync, readFileSync, writeFileSync } from "node:fs"
import { isBuiltin } from "node:module"
import path from "node:path"

const manifestOf = (folder) => JSON.parse(readFileSync(path.join(folder, "package.json"), "utf8"))

const { publishConfig } = manifestOf(".")
const [target] = Object.values(publishConfig.bin)
const source = path.join("src", path.basename(target).replace(/\.js$/, ".ts"))

/** CommonJS in a module of ECMAScript asks for `require`. */
const banner = `import { createRequire as requireFrom } from "node:module"; const require = requireFrom(import.meta.url);`

const shared = { bundle: true, format: "esm", metafile: true, logLevel: "error", legalComments: "none" }

/** Optional speed-ups of WebSockets, which nobody uses here. */
const absent = ["bufferutil", "utf-8-validate"]

const command = await build({
  ...shared,
  entryPoints: [source],
  outfile: target,
  platform: "node",
  target: "node20",
  external: absent,
  banner: { js: banner }
})

/** The page as Vite has built it imports the same; this only asks what. */
const page = await build({
  ...shared,
  entryPoints: ["src/page/draw.tsx"],
  outdir: "dist/page",
  write: false,
  jsx: "automatic",
  jsxImportSource: "preact",
  loader: { ".svg": "file" }
})

/** The folder of the package that a file is of: a package may have further manifests in folders of its own. */
const packageOf = (file) => path.resolve(/^.*node_modules\/(?:@[^/]+\/)?[^/]+/.exec(file)[0])

/** Only files that left something in the result. */
const filesIn = ({ metafile }) =>
  Object.values(metafile.outputs).flatMap(({ inputs }) =>
    Object.entries(inputs).flatMap(([file, { bytesInOutput }]) => (bytesInOutput > 0 ? [file] : []))
  )

const folders = new Set(
  [command, page]
    .flatMap(filesIn)
    .filter((file) => file.includes("node_modules/"))
    .map(packageOf)
)

/** What may be passed on in a package under MIT, with its notice. */
const allowed = new Set(["MIT", "ISC", "BSD-2-Clause", "BSD-3-Clause", "Apache-2.0", "0BSD"])

const noticeOf = (folder) => {
  const { license, name, version } = manifestOf(folder)
  if (!allowed.has(license)) {
    throw new Error(`${name} is under ${license}, which is not among ${[...allowed].join(", ")}`)
  }
  const files = readdirSync(folder).filter((file) => /^(licen[cs]e|notice)(\.(md|txt))?$/i.test(file))
  if (files.length === 0) {
    throw new Error(`${name} has no file with its licence in ${folder}`)
  }
  const texts = files.map((file) => readFileSync(path.join(folder, file), "utf8").trim())
  return { title: `${name} ${version} (${license})`, text: texts.join("\n\n") }
}

const notices = [...folders].map(noticeOf).sort((a, b) => (a.title < b.title ? -1 : 1))
if (
  !notices.some(({ title }) => title.startsWith("effect ")) ||
  !notices.some(({ title }) => title.startsWith("preact "))
) {
  throw new Error("the licences of effect and preact are missing: the bundles were not read")
}
const line = "-".repeat(80)
const text = notices.map(({ text, title }) => `${line}\n${title}\n${line}\n\n${text}\n`).join("\n")
writeFileSync("dist/licenses.txt", `Packages that this one contains, and their licences.\n\n${text}`)

const [{ bytes, imports }] = Object.values(command.metafile.outputs)
const unknown = imports
  .filter(({ external, path: name }) => external && !absent.includes(name) && !isBuiltin(name))
  .map(({ path: name }) => name)
if (unknown.length > 0) {
  throw new Error(`the command imports ${unknown.join(", ")}, which nobody would install`)
}
process.stdout.write(`${target}: ${Math.round(bytes / 1024)} kB, of ${notices.length} packages\n`)

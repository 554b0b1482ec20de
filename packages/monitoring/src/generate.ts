/** `npm run generate`: writes every generated file, and removes files of this repository that are no longer generated. */
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import path from "node:path"
import { type GenerateOptions, parseCommandLine, usage } from "./command-line.ts"
import { withBlock } from "./documents/block.ts"
import { blocks, files, generatedFolders, sources } from "./files.ts"
import { monitoringOf } from "./monitoring.ts"
import { settings } from "./repository.ts"

const repository = path.resolve(import.meta.dirname, "../../..")

const generate = ({ runbooks, to }: GenerateOptions): void => {
  if (to === undefined) {
    generateHere(runbooks)
  } else {
    const wanted = files(monitoringOf({ ...settings, runbooks }))
    writeAll(path.resolve(to), wanted)
    process.stdout.write(`Generated ${wanted.size} files in ${path.resolve(to)}.\n`)
  }
}

/** Writes sources and tables as well, and removes files that are no longer generated. */
const generateHere = (runbooks: string): void => {
  const monitoring = monitoringOf({ ...settings, runbooks })
  const wanted = new Map([...files(monitoring), ...sources(monitoring)])
  removeOthers(wanted)
  writeAll(repository, wanted)
  const generated = blocks()
  for (const block of generated) {
    const file = path.join(repository, block.page)
    writeFileSync(file, withBlock(readFileSync(file, "utf8"), block))
  }
  process.stdout.write(`Generated ${wanted.size} files and ${generated.length} tables in other pages.\n`)
}

const writeAll = (root: string, wanted: ReadonlyMap<string, string>): void => {
  for (const [name, content] of wanted) {
    const file = path.join(root, name)
    mkdirSync(path.dirname(file), { recursive: true })
    writeFileSync(file, content)
  }
}

const removeOthers = (wanted: ReadonlyMap<string, string>): void => {
  for (const folder of generatedFolders) {
    mkdirSync(path.join(repository, folder), { recursive: true })
    for (const found of readdirSync(path.join(repository, folder), { recursive: true, withFileTypes: true })) {
      const name = path.relative(repository, path.join(found.parentPath, found.name)).split(path.sep).join("/")
      if (found.isFile() && !wanted.has(name)) {
        rmSync(path.join(repository, name))
        process.stdout.write(`Removed ${name}.\n`)
      }
    }
  }
}

const asked = parseCommandLine(process.argv.slice(2))
if (asked === "help") {
  process.stdout.write(`${usage}\n`)
} else if ("problem" in asked) {
  process.stderr.write(`${asked.problem}\n`)
  process.exitCode = 2
} else {
  generate(asked)
}

/** `npm run generate`: writes every generated file, and removes those of the repository that are not generated any more. */
import { mkdirSync, readdirSync, rmSync, writeFileSync } from "node:fs"
import path from "node:path"
import { type GenerateOptions, parseCommandLine, usage } from "./command-line.ts"
import { files, generatedFolders } from "./files.ts"

const repository = path.resolve(import.meta.dirname, "../../..")

const generate = ({ runbooks, to }: GenerateOptions): void => {
  const root = to === undefined ? repository : path.resolve(to)
  const wanted = files({ runbooks })
  if (to === undefined) {
    removeOthers(wanted)
  }
  for (const [name, content] of wanted) {
    const file = path.join(root, name)
    mkdirSync(path.dirname(file), { recursive: true })
    writeFileSync(file, content)
  }
  process.stdout.write(`Generated ${wanted.size} files${to === undefined ? "" : ` in ${root}`}.\n`)
}

const removeOthers = (wanted: ReadonlyMap<string, string>): void => {
  for (const folder of generatedFolders) {
    mkdirSync(path.join(repository, folder), { recursive: true })
    for (const found of readdirSync(path.join(repository, folder), { recursive: true, withFileTypes: true })) {
      const name = path.relative(repository, path.join(found.parentPath, found.name)).split(path.sep).join("/")
      if (found.isFile() && !wanted.has(name)) {
        rmSync(path.join(repository, name))
        process.stdout.write(`removed ${name}\n`)
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

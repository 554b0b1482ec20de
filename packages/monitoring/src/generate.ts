/** `npm run generate`: writes every generated file, and removes those that are not generated any more. */
import { mkdirSync, readdirSync, rmSync, writeFileSync } from "node:fs"
import path from "node:path"
import { files, generatedFolders } from "./files.ts"

const root = path.resolve(import.meta.dirname, "../../..")

const wanted = files()

for (const folder of generatedFolders) {
  mkdirSync(path.join(root, folder), { recursive: true })
  for (const found of readdirSync(path.join(root, folder), { recursive: true, withFileTypes: true })) {
    const name = path.relative(root, path.join(found.parentPath, found.name)).split(path.sep).join("/")
    if (found.isFile() && !wanted.has(name)) {
      rmSync(path.join(root, name))
      process.stdout.write(`removed ${name}\n`)
    }
  }
}

for (const [name, content] of wanted) {
  const file = path.join(root, name)
  mkdirSync(path.dirname(file), { recursive: true })
  writeFileSync(file, content)
}
process.stdout.write(`Generated ${wanted.size} files.\n`)

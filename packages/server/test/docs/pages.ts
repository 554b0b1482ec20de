/** The pages of the documentation that people write and read, generated ones included. */
import { existsSync, readdirSync, readFileSync } from "node:fs"
import path from "node:path"
import { fileURLToPath } from "node:url"

export const root = fileURLToPath(new URL("../../../..", import.meta.url))

export const read = (page: string): string => readFileSync(path.join(root, page), "utf8")

/** The files of a folder with this ending, by their paths in the repository; those of folders below it, if it is deep. */
export const filesIn = (folder: string, ending: string, isDeep: boolean): ReadonlyArray<string> =>
  existsSync(path.join(root, folder))
    ? readdirSync(path.join(root, folder), { recursive: isDeep, withFileTypes: true })
        .filter((entry) => entry.isFile() && entry.name.endsWith(ending))
        .map((entry) => path.relative(root, path.join(entry.parentPath, entry.name)).split(path.sep).join("/"))
        .filter((file) => !file.split("/").includes("node_modules"))
    : []

const packages = readdirSync(path.join(root, "packages")).map((name) => `packages/${name}`)

export const pages: ReadonlyArray<string> = [
  ...filesIn(".", ".md", false),
  ...filesIn("docs", ".md", true),
  ...filesIn("examples", ".md", true),
  ...packages.flatMap((folder) => filesIn(folder, ".md", false))
]

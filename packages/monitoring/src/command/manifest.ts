/**
 * The list of files that an earlier run wrote, in the folder it wrote to: only these are ever replaced or removed. A path a
 * line, so that what two branches added merges; the marks of a conflict are read over.
 */
import { lstatSync, readFileSync, statSync } from "node:fs"
import path from "node:path"
import { TargetError } from "./target-error.ts"

/** Its name in the folder. */
export const manifestName = ".monitoring-files"

/** The content of a manifest: paths from its folder, with `/`. */
export const manifestOf = (generatedBy: string, files: Iterable<string>): string =>
  `${[`# Written by \`${generatedBy}\`, which removes what it no longer writes.`, ...[...new Set(files)].sort().map(lineOf)].join("\n")}\n`

/** A path whose beginning would be read as a comment or a mark gets `./`. */
const lineOf = (name: string): string => (isComment.test(name) ? `./${name}` : name)

/** The files that an earlier run wrote to a folder; none where there was no run. */
export const listedIn = (to: string): ReadonlySet<string> => {
  const file = path.join(to, manifestName)
  const folder = statSync(to, { throwIfNoEntry: false })
  if (folder === undefined) {
    return new Set()
  }
  if (!folder.isDirectory()) {
    throw new TargetError([`${to} is no folder: write to another one, or remove it`])
  }
  const state = lstatSync(file, { throwIfNoEntry: false })
  if (state !== undefined && !state.isFile()) {
    throw new TargetError([`${file} is no file, expected the list of generated files: remove it`])
  }
  const lines = state === undefined ? [] : readFileSync(file, "utf8").split(/\r?\n/)
  return new Set(lines.filter((line) => line !== "" && !isComment.test(line)).map(nameOf))
}

const nameOf = (line: string): string => (line.startsWith("./") && isComment.test(line.slice(2)) ? line.slice(2) : line)

const isComment = /^(#|<{7}|\|{7}|={7}|>{7})/

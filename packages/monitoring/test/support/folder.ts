/** A folder of its own for a test, and a command in it. */
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import path from "node:path"
import { onTestFinished } from "vitest"
import { parse } from "../../src/command/options.ts"
import { run } from "../../src/command/run.ts"

/** Makes a folder with these files, which goes with the test. */
export const folderWith = (files: Readonly<Record<string, string>> = {}): string => {
  const folder = mkdtempSync(path.join(tmpdir(), "monitoring-"))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  Object.entries(files).forEach(([name, content]) => write(folder, name, content))
  return folder
}

export const write = (folder: string, name: string, content: string): void => {
  mkdirSync(path.dirname(path.join(folder, name)), { recursive: true })
  writeFileSync(path.join(folder, name), content)
}

export const read = (folder: string, name: string): string => readFileSync(path.join(folder, name), "utf8")

/** The files below a folder, sorted. */
export const filesIn = (folder: string): ReadonlyArray<string> =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => !entry.isDirectory())
    .map((entry) => path.relative(folder, path.join(entry.parentPath, entry.name)))
    .sort()

/** How a command ended, and what it printed. Paths of the folder are `<folder>`. */
export const command = async (
  folder: string,
  ...args: ReadonlyArray<string>
): Promise<{ readonly code: number; readonly out: string; readonly error: string }> => {
  const [out, error]: [Array<string>, Array<string>] = [[], []]
  const asked = parse(args)
  if (typeof asked === "string" || "problem" in asked) {
    throw new Error(JSON.stringify(asked))
  }
  const code = await run(asked, {
    folder,
    out: (text) => out.push(text),
    error: (line) => error.push(line),
    hasColors: false
  })
  const [printed = "", failed = ""] = [out, error].map((lines) => lines.join("").replaceAll(folder, "<folder>"))
  return { code, out: printed, error: failed }
}

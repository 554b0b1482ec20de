/**
 * Makes a folder as it is wanted. Everything is written beside its place and checked before the first file changes, so that
 * a failure leaves what was there, and a crash no half file.
 */
import { accessSync, constants, existsSync, mkdirSync, renameSync, rmdirSync, rmSync, writeFileSync } from "node:fs"
import path from "node:path"
import { type Difference, differencesOf } from "./differences.ts"
import { manifestName, manifestOf } from "./manifest.ts"
import type { Plan } from "./plan.ts"
import { TargetError } from "./target-error.ts"

/** What a run did, by path from the folder. */
export interface Written {
  readonly written: ReadonlyArray<string>
  readonly removed: ReadonlyArray<string>
  readonly unchanged: number
}

/** Writes what is missing or differs, and removes what is left over. Fails with a `TargetError`, and has done nothing then. */
export const write = (plan: Plan): Written => {
  const { listed, to, wanted } = plan
  const differences = differencesOf(plan)
  const foreign = differences.filter(({ kind, name }) => kind === "differs" && !listed.has(name))
  if (foreign.length > 0) {
    throw new TargetError(
      foreign.map(({ name }) => `${path.join(to, name)} is in the way: generate did not write it. Move or remove it.`)
    )
  }
  const [written, removed] = [false, true].map((isLeft) =>
    differences.filter(({ kind }) => (kind === "left over") === isLeft).map(({ name }) => name)
  )
  if (differences.length > 0 || !isSame(listed, wanted)) {
    replace(plan, differences)
  }
  return { written: written ?? [], removed: removed ?? [], unchanged: wanted.size - (written?.length ?? 0) }
}

const isSame = (listed: ReadonlySet<string>, wanted: ReadonlyMap<string, string>): boolean =>
  listed.size === wanted.size && [...listed].every((name) => wanted.has(name))

const replace = ({ listed, monitoring, to, wanted }: Plan, differences: ReadonlyArray<Difference>): void => {
  const { generatedBy } = monitoring.settings
  const contents = differences.filter(({ kind }) => kind !== "left over").map((one) => [one.name, one.wanted] as const)
  // While files change it lists those of both runs: after a crash the next run knows them all.
  const both = prepared(to, [...contents, [manifestName, manifestOf(generatedBy, [...listed, ...wanted.keys()])]])
  try {
    both.slice(-1).forEach(moved)
    both.slice(0, -1).forEach(moved)
    for (const { kind, name } of differences) {
      if (kind === "left over") {
        rmSync(path.join(to, name))
        removeEmpty(path.dirname(path.join(to, name)), to)
      }
    }
    prepared(to, [[manifestName, manifestOf(generatedBy, wanted.keys())]]).forEach(moved)
  } catch (error) {
    throw inWords(error)
  }
}

/** A file that is written, and not yet in its place. */
interface Prepared {
  readonly beside: string
  readonly file: string
}

const moved = ({ beside, file }: Prepared): void => renameSync(beside, file)

/** Writes the files beside their places; where one fails, nothing of them stays. */
const prepared = (
  to: string,
  contents: ReadonlyArray<readonly [name: string, content: string]>
): ReadonlyArray<Prepared> => {
  const done: Array<Prepared> = []
  const made: Array<string> = []
  try {
    for (const [name, content] of contents) {
      const file = path.join(to, name)
      made.push(...missingAbove(file))
      mkdirSync(path.dirname(file), { recursive: true })
      // Where it can be written to but not replaced, nothing may have changed yet.
      accessSync(path.dirname(file), constants.W_OK)
      const beside = `${file}.${process.pid}.tmp`
      done.push({ beside, file })
      writeFileSync(beside, content)
    }
    return done
  } catch (error) {
    done.forEach(({ beside }) => rmSync(beside, { force: true }))
    made.toReversed().forEach((folder) => rmSync(folder, { recursive: true, force: true }))
    throw inWords(error)
  }
}

/** The topmost folder on the way to a file that is not there yet. */
const missingAbove = (file: string): ReadonlyArray<string> => {
  const folder = path.dirname(file)
  return existsSync(folder) ? [] : existsSync(path.dirname(folder)) ? [folder] : missingAbove(folder)
}

const inWords = (error: unknown): TargetError =>
  new TargetError([`Nothing can be written: ${error instanceof Error ? error.message : String(error)}`])

/** Folders that removed files leave empty go too. */
const removeEmpty = (folder: string, to: string): void => {
  if (folder === to || !existsSync(folder)) {
    return
  }
  try {
    rmdirSync(folder)
  } catch {
    return
  }
  removeEmpty(path.dirname(folder), to)
}

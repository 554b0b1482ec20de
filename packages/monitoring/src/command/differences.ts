/** How the files of a folder differ from those that are wanted. */
import { lstatSync, readFileSync, type Stats } from "node:fs"
import path from "node:path"
import type { Plan } from "./plan.ts"
import { TargetError } from "./target-error.ts"

/** - `missing`: wanted, and not there. - `differs`: there with other content. - `left over`: generated once, and not now. */
export type Kind = "missing" | "differs" | "left over"

export interface Difference {
  /** The path from the folder that is written to. */
  readonly name: string
  readonly kind: Kind
  /** What is there, empty where nothing is. */
  readonly is: string
  /** What is wanted, empty where nothing is. */
  readonly wanted: string
}

/** The differences, by path. Fails with a `TargetError` where a path leads through a link, or to what is no file. */
export const differencesOf = (plan: Plan): ReadonlyArray<Difference> => {
  const names = [...new Set([...plan.wanted.keys(), ...leftOver(plan)])].sort()
  const problems = names.flatMap((name) => pathProblem(plan, name))
  if (problems.length > 0) {
    throw new TargetError([...new Set(problems)])
  }
  return names.flatMap((name): ReadonlyArray<Difference> => {
    const wanted = plan.wanted.get(name)
    const file = path.join(plan.to, name)
    const is = contentOf(file)
    // Git may write CRLF where it checks out.
    if (is?.replaceAll("\r\n", "\n") === wanted) {
      return []
    }
    const kind = is === undefined ? "missing" : wanted === undefined ? "left over" : "differs"
    return [{ name, kind, is: is ?? "", wanted: wanted ?? "" }]
  })
}

/** What is listed and no longer wanted; not where a file system without case has it under the name of one that is. */
const leftOver = ({ listed, to, wanted }: Plan): ReadonlyArray<string> => {
  const byCase = new Map([...wanted.keys()].map((name) => [name.toLowerCase(), name]))
  return [...listed].filter((name) => {
    const same = byCase.get(name.toLowerCase())
    return same === undefined || (same !== name && !isOneFile(path.join(to, name), path.join(to, same)))
  })
}

const isOneFile = (one: string, other: string): boolean => {
  const [a, b] = [stateOf(one), stateOf(other)]
  return a !== undefined && b !== undefined && a.ino === b.ino && a.dev === b.dev
}

/** Every folder on the way is one, and none is a link that could lead elsewhere. */
const pathProblem = ({ to, within }: Plan, name: string): ReadonlyArray<string> => {
  const file = path.join(to, name)
  const state = stateOf(file)
  const folders = foldersAbove(file, within).map((folder) => ({ folder, state: stateOf(folder) }))
  return [
    ...folders.flatMap(({ folder, state }) =>
      state === undefined || state.isDirectory()
        ? []
        : [
            `${folder} is ${state.isSymbolicLink() ? "a symbolic link" : "no folder"}: generated files go into real folders`
          ]
    ),
    ...(state === undefined || state.isFile()
      ? []
      : [`${file} is ${state.isSymbolicLink() ? "a symbolic link" : "no file"}: remove it, or write to another folder`])
  ]
}

/** The folders above a file, below those that it must stay within. */
const foldersAbove = (file: string, within: ReadonlyArray<string>): ReadonlyArray<string> => {
  const folder = path.dirname(file)
  return within.includes(folder) || folder === path.dirname(folder) ? [] : [folder, ...foldersAbove(folder, within)]
}

/** Nothing where there is no file, also where another run has just removed it. */
const contentOf = (file: string): string | undefined => {
  try {
    return stateOf(file) === undefined ? undefined : readFileSync(file, "utf8")
  } catch (error) {
    if (stateOf(file) === undefined) {
      return undefined
    }
    throw error
  }
}

const stateOf = (file: string): Stats | undefined => {
  try {
    return lstatSync(file, { throwIfNoEntry: false })
  } catch {
    // A file stands where a folder of its path should be, which is a problem of that folder.
    return undefined
  }
}

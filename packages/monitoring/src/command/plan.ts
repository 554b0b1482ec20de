/** What a configuration has written, and where: no file outside of its folder, or of the one that `--to` names. */
import path from "node:path"
import type { Loaded } from "../config/load.ts"
import type { MonitoringConfig } from "../config.ts"
import { filesOf, type Form, forms } from "../forms.ts"
import { type Monitoring, monitoringOf } from "../monitoring.ts"
import { listedIn, manifestName } from "./manifest.ts"
import { TargetError } from "./target-error.ts"

/** Files that are to be in a folder. */
export interface Plan {
  readonly monitoring: Monitoring
  /** The folder that is written to, absolute. */
  readonly to: string
  /** The folders that no file leaves, absolute. */
  readonly within: ReadonlyArray<string>
  /** Whether the configuration says where its runbooks are read. */
  readonly hasRunbooks: boolean
  /** The folder of each form, from `to`. */
  readonly folders: ReadonlyMap<Form, string>
  /** Content by path from `to`, with `/`. */
  readonly wanted: ReadonlyMap<string, string>
  /** What an earlier run wrote, by path from `to`. */
  readonly listed: ReadonlySet<string>
}

/** Files besides those of the forms, or in the place of some, by their path from the folder that is written to. */
export type More = (monitoring: Monitoring) => ReadonlyMap<string, string>

export interface PlanOptions {
  /** The folder of `--to`, absolute. */
  readonly to: string | undefined
  readonly more?: More | undefined
}

/** The plan of a configuration. Fails with a `TargetError` where a path leads elsewhere, or two files have one path. */
export const planOf = ({ config, file, settings }: Loaded, { more, to: asked }: PlanOptions): Plan => {
  const home = path.dirname(file)
  const to = asked ?? path.resolve(home, config.to ?? "monitoring")
  const within = asked === undefined ? [home] : [home, asked]
  const monitoring = monitoringOf(settings, config.rules)
  const folders = foldersOf(config.forms)
  if (!isWithin(within, to)) {
    throw new TargetError([`to leads to ${to}, expected a folder in ${home}`])
  }
  const outside = [...folders].filter(([, folder]) => !isWithin(within, path.resolve(to, folder)))
  if (outside.length > 0) {
    throw new TargetError(
      outside.map(
        ([form, folder]) => `forms.${form} leads to ${path.resolve(to, folder)}, expected a folder in ${home}`
      )
    )
  }
  const wanted = wantedOf(monitoring, { folders, to })
  more?.(monitoring).forEach((content, name) => wanted.set(name, content))
  const hasRunbooks = config.runbooks !== undefined
  return { monitoring, to, within, hasRunbooks, folders, wanted, listed: listedWithin(to, within) }
}

/** The files of all forms. Two that a file system without case would take for one are refused, and a file in the way of a folder. */
const wantedOf = (monitoring: Monitoring, { folders, to }: Pick<Plan, "folders" | "to">): Map<string, string> => {
  const wanted = new Map<string, string>()
  const taken = new Map([[manifestName, "the list of generated files"]])
  for (const [form, folder] of folders) {
    for (const [name, content] of filesOf(form, monitoring)) {
      const at = path.posix.join(folder, name)
      if (!isWithin([path.resolve(to, folder)], path.resolve(to, at))) {
        throw new TargetError([`${at}, of the form ${form}, leaves its folder`])
      }
      const other = taken.get(at.toLowerCase())
      if (other !== undefined) {
        throw new TargetError([
          `${at}, of the form ${form}, has the path of ${other}: give each form a folder of its own`
        ])
      }
      wanted.set(at, content)
      taken.set(at.toLowerCase(), `another file, of the form ${form}`)
    }
  }
  const [inTheWay] = [...wanted.keys()].flatMap((name) =>
    foldersOn(name).filter((folder) => taken.has(folder.toLowerCase()))
  )
  if (inTheWay !== undefined) {
    throw new TargetError([`${inTheWay} would be a file and a folder: give each form a folder of its own`])
  }
  return wanted
}

/** The folders on the way to a file: of `a/b/c`, `a` and `a/b`. */
const foldersOn = (name: string): ReadonlyArray<string> => {
  const parts = name.split("/")
  return parts.slice(1).map((_, index) => parts.slice(0, index + 1).join("/"))
}

/** What an earlier run wrote. A list that was changed since may name anything: each path is one that a run could have written. */
const listedWithin = (to: string, within: ReadonlyArray<string>): ReadonlySet<string> => {
  const listed = listedIn(to)
  const strange = [...listed].flatMap((name) =>
    !isWithin(within, path.resolve(to, name)) || path.posix.isAbsolute(name)
      ? [`${name} is listed as generated in ${to}, and is outside of ${within.join(" and ")}`]
      : path.posix.normalize(name) !== name || name.endsWith("/") || name.toLowerCase() === manifestName
        ? [`${name} is listed as generated in ${to}, and is no path that generate writes: remove the line`]
        : []
  )
  if (strange.length > 0) {
    throw new TargetError(strange)
  }
  return listed
}

const byDefault: ReadonlyArray<Form> = ["prometheus", "grafana", "markdown"]

const foldersOf = (given: MonitoringConfig["forms"]): ReadonlyMap<Form, string> =>
  given === undefined
    ? new Map(byDefault.map((form) => [form, form]))
    : new Map(
        forms.flatMap((form) => {
          const folder = given[form]
          return folder === undefined || folder === false
            ? []
            : [[form, folder === true ? form : folderOf(folder)] as const]
        })
      )

/** A folder as paths of files begin with it: `rules` of `./rules/`. */
const folderOf = (given: string): string => {
  const folder = path.posix.normalize(given.split(path.sep).join("/"))
  return folder.length > 1 && folder.endsWith("/") ? folder.slice(0, -1) : folder
}

const isWithin = (folders: ReadonlyArray<string>, file: string): boolean =>
  folders.some((folder) => {
    const from = path.relative(folder, file)
    return from !== ".." && !from.startsWith(`..${path.sep}`) && !path.isAbsolute(from)
  })

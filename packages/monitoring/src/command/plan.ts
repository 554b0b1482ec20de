/** What a configuration has written, and where: no file outside of its folder, or of the one that `--to` names. */
import path from "node:path"
import type { Loaded } from "../config/load.ts"
import type { MonitoringConfig } from "../config.ts"
import { filesOf, type Form, forms } from "../forms.ts"
import { type Monitoring, monitoringOf } from "../monitoring.ts"
import { listedIn } from "./manifest.ts"
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
  const wanted = new Map<string, string>()
  for (const [form, folder] of folders) {
    for (const [name, content] of filesOf(form, monitoring)) {
      const at = path.posix.normalize(`${folder}/${name}`)
      if (!isWithin([path.resolve(to, folder)], path.resolve(to, at)) || wanted.has(at)) {
        throw new TargetError([`${at}, of the form ${form}, has the path of another file, or leaves its folder`])
      }
      wanted.set(at, content)
    }
  }
  more?.(monitoring).forEach((content, name) => wanted.set(name, content))
  const listed = listedIn(to)
  const strange = [...listed].filter((name) => !isWithin(within, path.resolve(to, name)))
  if (strange.length > 0) {
    throw new TargetError(strange.map((name) => `${name} is listed as generated in ${to}, and is outside of ${home}`))
  }
  return { monitoring, to, within, hasRunbooks: config.runbooks !== undefined, folders, wanted, listed }
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
            : [[form, folder === true ? form : folder.split(path.sep).join("/")] as const]
        })
      )

const isWithin = (folders: ReadonlyArray<string>, file: string): boolean =>
  folders.some((folder) => {
    const from = path.relative(folder, file)
    return from !== ".." && !from.startsWith(`..${path.sep}`) && !path.isAbsolute(from)
  })

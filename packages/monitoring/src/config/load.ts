/** Finds the configuration and loads it: TypeScript through jiti, JavaScript by import, JSON with the place of an error. */
import { createJiti } from "jiti"
import { parse, type ParseError, printParseErrorCode } from "jsonc-parser"
import { existsSync, readFileSync, statSync } from "node:fs"
import path from "node:path"
import { pathToFileURL } from "node:url"
import { written } from "../alerts/problem.ts"
import * as entry from "../index.ts"
import { ConfigError } from "./config-error.ts"
import { type Checked, checked } from "./settings.ts"

/** The names of a configuration, by preference; a folder has one of them. */
export const names = ["ts", "mts", "mjs", "js", "json"].map((ending) => `monitoring.config.${ending}`)

/** A configuration that is right, with the path of its file. */
export type Loaded = Exclude<Checked, { readonly problems: unknown }> & { readonly file: string }

/** Loads the configuration of a folder, or the file that is asked for. Fails with a `ConfigError`. */
export const load = async (folder: string, asked?: string): Promise<Loaded> => {
  const file = asked === undefined ? found(folder) : path.resolve(folder, asked)
  const state = statSync(file, { throwIfNoEntry: false })
  if (state === undefined || !state.isFile()) {
    throw new ConfigError(file, [state === undefined ? "there is no such file" : "it is no file"])
  }
  if (!endings.test(file)) {
    throw new ConfigError(file, ["expected a file that ends in .ts, .mts, .cts, .js, .mjs, .cjs or .json"])
  }
  const given = file.endsWith(".json") ? fromJson(file) : exported(file, await loaded(file))
  const result = readable(file, () => checked(given))
  if ("problems" in result) {
    throw new ConfigError(file, result.problems)
  }
  const settings = { ...result.settings, source: path.basename(file) }
  return { ...result, settings, file }
}

const endings = /\.([cm]?[jt]s|json)$/

/** What a configuration that computes its options throws while they are read is no fault of ours. */
const readable = <A>(file: string, read: () => A): A => {
  try {
    return read()
  } catch (error) {
    throw new ConfigError(file, [`it can't be read: ${inWords(error)}`], error)
  }
}

const found = (folder: string): string => {
  const [one, ...others] = names.filter((name) => existsSync(path.join(folder, name)))
  if (one === undefined) {
    throw new ConfigError(folder, [
      "there is no monitoring.config.ts, .mts, .mjs, .js or .json. To write one: npx @parametric-portal/monitoring init"
    ])
  }
  if (others.length > 0) {
    throw new ConfigError(folder, [
      `there are ${[one, ...others].join(" and ")}. Keep one, or name it: --config ${one}`
    ])
  }
  return path.join(folder, one)
}

/** The module. What it imports of this package is what runs here, wherever both are installed. */
const loaded = async (file: string): Promise<unknown> => {
  try {
    const url = pathToFileURL(file).href
    if (/\.m?js$/.test(file)) {
      return await import(url)
    }
    const jiti = createJiti(url, {
      fsCache: false,
      moduleCache: false,
      interopDefault: false,
      virtualModules: { "@parametric-portal/monitoring": entry }
    })
    return await jiti.import(file)
  } catch (error) {
    throw new ConfigError(file, [`it can't be loaded: ${inWords(error)}`], error)
  }
}

/** The message of an error, and where in files of one's own it was thrown. */
const inWords = (error: unknown): string => {
  if (!(error instanceof Error)) {
    return typeof error === "string" ? error : `it throws ${written(error)}`
  }
  const [place] = (error.stack ?? "")
    .split("\n")
    .filter((line) => /^ +at /.test(line) && !/node_modules|node:/.test(line))
  return `${error.name}: ${error.message}${place === undefined ? "" : `\n   ${place}`}`
}

/** The default export, which is a configuration and nothing that makes one. */
const exported = (file: string, module: unknown): unknown => {
  if (typeof module !== "object" || module === null || !("default" in module)) {
    throw new ConfigError(file, ["it has no default export. Write: export default defineMonitoring({ ... })"])
  }
  const { default: config } = module
  if (typeof config === "function" || config instanceof Promise) {
    const kind = typeof config === "function" ? "a function" : "a promise"
    throw new ConfigError(file, [`its default export is ${kind}, expected an object: defineMonitoring({ ... })`])
  }
  return config
}

const fromJson = (file: string): unknown => {
  const text = readFileSync(file, "utf8").replace(/^\uFEFF/, "")
  const errors: Array<ParseError> = []
  parse(text, errors, { disallowComments: true })
  const [first] = errors
  if (first === undefined) {
    // That of the language: `__proto__` is a key like any other there.
    return JSON.parse(text)
  }
  const before = text.slice(0, first.offset).split("\n")
  const place = `${before.length}:${(before.at(-1)?.length ?? 0) + 1}`
  throw new ConfigError(`${file}:${place}`, [`it is not JSON: ${expectedBy(first)}`])
}

/** `PropertyNameExpected` -> `property name expected`. */
const expectedBy = ({ error }: ParseError): string =>
  printParseErrorCode(error)
    .replaceAll(/(?<=[a-z])[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`)
    .toLowerCase()

/** The JSON of a dashboard as the SDK's types have it: what they call an enumeration is its values. */
import type * as dashboard from "@grafana/grafana-foundation-sdk/dashboard"
import type * as heatmap from "@grafana/grafana-foundation-sdk/heatmap"
import type * as prometheus from "@grafana/grafana-foundation-sdk/prometheus"
import type * as stat from "@grafana/grafana-foundation-sdk/stat"
import type * as timeseries from "@grafana/grafana-foundation-sdk/timeseries"
import path from "node:path"
import ts from "typescript"

type Method = (...args: never) => unknown

type Json<T> = 0 extends 1 & T
  ? T
  : T extends string
    ? `${T}`
    : T extends number | boolean | null | undefined
      ? T
      : T extends ReadonlyArray<infer E>
        ? Array<Json<E>>
        : { [K in keyof T as T[K] extends Method ? never : K]: Json<T[K]> }

type Fields = Json<dashboard.FieldConfigSource>

type PanelOf<Type extends string, Options, Custom> = Omit<
  Json<dashboard.Panel>,
  "type" | "options" | "targets" | "fieldConfig"
> & {
  type: Type
  options: Json<Options>
  targets: Array<Json<prometheus.Dataquery>>
  fieldConfig: Omit<Fields, "defaults"> & { defaults: Omit<Fields["defaults"], "custom"> & { custom?: Json<Custom> } }
}

/** A dashboard whose panels are of the three kinds that we have, in rows. */
export type GrafanaJson = Omit<Json<dashboard.Dashboard>, "panels"> & {
  panels: Array<
    | Json<dashboard.RowPanel>
    | PanelOf<"timeseries", timeseries.Options, timeseries.FieldConfig>
    | PanelOf<"stat", stat.Options, never>
    | PanelOf<"heatmap", heatmap.Options, heatmap.FieldConfig>
  >
}

/** What of the JSON of dashboards TypeScript refuses, by name. */
export const typeErrors = (dashboards: ReadonlyMap<string, string>): ReadonlyArray<string> => {
  const nameOf = (name: string) => path.join(import.meta.dirname, `${name}.generated.ts`)
  const texts = new Map(
    Array.from(dashboards, ([name, json]) => [
      nameOf(name),
      `import type { GrafanaJson } from "./grafana-json.ts"\nexport const made: GrafanaJson = ${json}`
    ])
  )
  const options: ts.CompilerOptions = {
    strict: true,
    noEmit: true,
    skipLibCheck: true,
    allowImportingTsExtensions: true,
    target: ts.ScriptTarget.ES2022,
    module: ts.ModuleKind.NodeNext,
    moduleResolution: ts.ModuleResolutionKind.NodeNext,
    types: ["node"]
  }
  const host = ts.createCompilerHost(options)
  const { fileExists, getSourceFile, readFile } = host
  const program = ts.createProgram([...texts.keys()], options, {
    ...host,
    fileExists: (file) => texts.has(file) || fileExists(file),
    readFile: (file) => texts.get(file) ?? readFile(file),
    getSourceFile: (file, ...rest) => {
      const text = texts.get(file)
      return text === undefined ? getSourceFile(file, ...rest) : ts.createSourceFile(file, text, rest[0])
    }
  })
  return Array.from(texts.keys()).flatMap((file) =>
    program
      .getSemanticDiagnostics(program.getSourceFile(file))
      .map(({ messageText }) => `${path.basename(file)}: ${ts.flattenDiagnosticMessageText(messageText, "\n")}`)
  )
}

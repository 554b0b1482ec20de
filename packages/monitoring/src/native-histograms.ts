/** Which histograms the store has as native ones, as the option `nativeHistograms` says. */
import { catalogue, type Row } from "@parametric-portal/server/observe/catalogue"
import type { NativeOf, NativePart } from "./promql/native.ts"
import type { Settings } from "./settings.ts"

/** Effect keeps this one in buckets with boundaries: it is never exponential. */
export const alwaysExplicit: string = catalogue.runtime.fiberLifetime.name

/** Whether a histogram is a native one in the store. */
export const isNative = (
  { kind, name }: Pick<Row, "kind" | "name">,
  { nativeHistograms }: Pick<Settings, "nativeHistograms">
): boolean =>
  kind === "histogram" && (nativeHistograms === true ? name !== alwaysExplicit : nativeHistograms.includes(name))

/** The parts of those of the rows that are native. */
export const nativeOf = (rows: ReadonlyArray<Row>, settings: Pick<Settings, "nativeHistograms">): NativeOf => {
  const parts = new Map(
    rows
      .filter((row) => isNative(row, settings))
      .flatMap(({ name: metric }) =>
        partNames.map((part): readonly [string, NativePart] => [`${metric}_${part}`, { metric, part }])
      )
  )
  return (name) => parts.get(name)
}

const partNames = ["bucket", "count", "sum"] as const

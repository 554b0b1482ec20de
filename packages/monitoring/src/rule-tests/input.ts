/** Series that a test of an alert begins with, named by rows. Values are in promtool's notation: `0+1x60`. */
import { catalogue, type Row } from "@parametric-portal/server/observe/catalogue"

export interface Input {
  readonly series: string
  readonly values: string
}

type LabelOf<R extends Row> = R["labels"][number] | "job" | "instance"

type Labels<R extends Row> = { readonly [K in LabelOf<R>]?: string }

type RowOf<K extends Row["kind"]> = Row & { readonly kind: K }

/** The service and the process of a series that says neither. */
export const home = { job: "shop", instance: "one" }

const named = (name: string, labels: Readonly<Record<string, string | undefined>>, values: string): Input => ({
  series: `${name}{${Object.entries({ ...home, ...labels })
    .map(([key, value]) => `${key}=${JSON.stringify(value)}`)
    .join(", ")}}`,
  values
})

/** The series of a counter or gauge. */
export const inputSeries = <R extends Row>(row: R, labels: Labels<R>, values: string): Input =>
  named(row.name, labels, values)

/** The number of values that a histogram took. */
export const inputCount = <R extends RowOf<"histogram">>(row: R, labels: Labels<R>, values: string): Input =>
  named(`${row.name}_count`, labels, values)

/** The sum of the values that a histogram took. */
export const inputSum = <R extends RowOf<"histogram">>(row: R, labels: Labels<R>, values: string): Input =>
  named(`${row.name}_sum`, labels, values)

/** The buckets of a histogram, by upper boundary. */
export const inputBuckets = <R extends RowOf<"histogram">>(
  row: R,
  labels: Labels<R>,
  values: Readonly<Record<string, string>>
): ReadonlyArray<Input> =>
  Object.entries(values).map(([le, text]) => named(`${row.name}_bucket`, { ...labels, le }, text))

/** A native histogram; values in promtool's notation of histograms: `{{schema:0 count:0}}+{{schema:0 count:2 buckets:[2]}}x60`. */
export const inputHistogram = <R extends RowOf<"histogram">>(row: R, labels: Labels<R>, values: string): Input =>
  named(row.name, labels, values)

/** What every process exports always, and by which `grown` knows that it was there before. */
export const inputProcess = (labels: Labels<typeof catalogue.telemetry.series> = {}, values = "12x6000"): Input =>
  inputSeries(catalogue.telemetry.series, { metric: catalogue.jobs.enqueued.name, ...labels }, values)

/** The series with more labels. */
export const labelled = ({ series, values }: Input, labels: Readonly<Record<string, string>>): Input => {
  const more = Object.entries(labels).map(([name, value]) => `${name}=${JSON.stringify(value)}`)
  const [name = "", own = ""] = series.split(/\{(.*)\}$/s)
  const all = [...more, ...(own.trim() === "" ? [] : [own.trim()])].join(", ")
  return { series: all === "" ? name : `${name}{${all}}`, values }
}

/** Input series of promtool tests, named by rows of the catalogue. Values are in promtool's notation: `0+1x60`. */
import { catalogue, type Row } from "@parametric-portal/server/observe/catalogue"

export interface Input {
  readonly series: string
  readonly values: string
}

type LabelOf<R extends Row> = R["labels"][number] | "job" | "instance"

type Labels<R extends Row> = { readonly [K in LabelOf<R>]?: string }

/** The service and the process of a series that says neither. */
export const home = { job: "shop", instance: "one" }

const named = (name: string, labels: Readonly<Record<string, string | undefined>>, values: string): Input => ({
  series: `${name}{${Object.entries({ ...home, ...labels })
    .map(([key, value]) => `${key}=${JSON.stringify(value)}`)
    .join(", ")}}`,
  values
})

/** The series of a counter or gauge. */
export const series = <R extends Row>(row: R, labels: Labels<R>, values: string): Input =>
  named(row.name, labels, values)

/** The number of values that a histogram took. */
export const count = <R extends Row>(row: R, labels: Labels<R>, values: string): Input =>
  named(`${row.name}_count`, labels, values)

/** The buckets of a histogram, by upper boundary. */
export const buckets = <R extends Row>(
  row: R,
  labels: Labels<R>,
  values: Readonly<Record<string, string>>
): ReadonlyArray<Input> =>
  Object.entries(values).map(([le, text]) => named(`${row.name}_bucket`, { ...labels, le }, text))

/** What every process exports always, and by which it is known to be seen. */
export const seen = (labels: Labels<typeof catalogue.telemetry.series> = {}, values = "12x6000"): Input =>
  series(catalogue.telemetry.series, { metric: catalogue.jobs.enqueued.name, ...labels }, values)

/**
 * The input of a promtool test as a store has it where histograms are native: `_bucket`, `_count` and `_sum` of one series
 * become one native histogram with the same boundaries, so that each quantile is the same too.
 */
import { catalogue, type Row, type Rows } from "@parametric-portal/server/observe/catalogue"
import { isNative } from "../../src/native-histograms.ts"
import { parse } from "../../src/promql/parse.ts"
import type { Input } from "../../src/rule-tests/input.ts"

const histograms = Object.values<Rows>(catalogue)
  .flatMap((rows) => Object.values<Row>(rows))
  .filter((row) => isNative(row, { nativeHistograms: true }))
  .map(({ name }) => name)

/** The values of a series in promtool's notation, one for each step; none where it has none. */
export const steps = (values: string): ReadonlyArray<number | undefined> =>
  values
    .trim()
    .split(/\s+/)
    .flatMap((part) => {
      const [, from = "", by = "0", times = "0"] = /^(_|-?[\d.]+)(?:([+-][\d.]+))?(?:x(\d+))?$/.exec(part) ?? []
      // A gap is so many steps long, a value has so many after it.
      return from === "_"
        ? Array.from({ length: part === "_" ? 1 : Number(times) }, () => undefined)
        : Array.from({ length: Number(times) + 1 }, (_, index) => Number(from) + index * Number(by))
    })

interface Parts {
  readonly labels: string
  readonly metric: string
  readonly buckets: Map<number, ReadonlyArray<number | undefined>>
  count?: ReadonlyArray<number | undefined>
  sum?: ReadonlyArray<number | undefined>
}

/** The series with native histograms in the place of others. */
export const asNative = (series: ReadonlyArray<Input>): ReadonlyArray<Input> => {
  const found = new Map<string, Parts>()
  const others = series.filter(({ series: text, values }) => {
    const [selected] = parse(text).selectors
    const name = selected?.metric ?? ""
    const metric = histograms.find((one) => [`${one}_bucket`, `${one}_count`, `${one}_sum`].includes(name))
    if (selected === undefined || metric === undefined) {
      return true
    }
    const labels = selected.matchers
      .filter(({ label }) => label !== "le")
      .map(({ label, value }) => `${label}=${value}`)
      .sort()
      .join(", ")
    const parts: Parts = found.get(`${metric}{${labels}}`) ?? { labels, metric, buckets: new Map() }
    found.set(`${metric}{${labels}}`, parts)
    const le = selected.matchers.find(({ label }) => label === "le")?.value ?? '"+Inf"'
    const all = steps(values)
    if (name.endsWith("_bucket")) {
      parts.buckets.set(Number(String(JSON.parse(le)).replace("+Inf", "Infinity")), all)
    } else if (name.endsWith("_count")) {
      parts.count = all
    } else {
      parts.sum = all
    }
    return false
  })
  return [...others, ...[...found.values()].map(nativeSeries)]
}

const nativeSeries = ({ buckets, count, labels, metric, sum }: Parts): Input => {
  const boundaries = [...buckets.keys()].filter(Number.isFinite).sort((one, other) => one - other)
  const length = Math.max(...[...buckets.values(), count ?? [], sum ?? []].map((one) => one.length))
  const values = Array.from({ length }, (_, step) => {
    const total = count?.[step] ?? buckets.get(Number.POSITIVE_INFINITY)?.[step]
    if (total === undefined && sum?.[step] === undefined) {
      return "_"
    }
    const cumulative = [...boundaries.map((le) => buckets.get(le)?.[step] ?? 0), total ?? 0]
    const each = cumulative.map((value, index) => value - (cumulative[index - 1] ?? 0))
    return boundaries.length === 0
      ? `{{schema:0 count:${total ?? 0} sum:${sum?.[step] ?? 0} buckets:[${total ?? 0}]}}`
      : `{{schema:-53 count:${total ?? 0} sum:${sum?.[step] ?? 0} custom_values:[${boundaries.join(" ")}] buckets:[${each.join(" ")}]}}`
  })
  return { series: `${metric}{${labels}}`, values: values.join(" ") }
}

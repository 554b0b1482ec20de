/** The parts of Grafana's JSON that are drawn, and the recorded series of a panel under the names of its legend. */
import type { Answers, AnsweredSeries } from "../../answers/answers.ts"

export interface DrawnPanel {
  readonly type: string
  readonly title: string
  readonly description?: string
  readonly gridPos: { readonly x: number; readonly y: number; readonly w: number; readonly h: number }
  readonly fieldConfig?: {
    readonly defaults?: {
      readonly unit?: string
      readonly custom?: { readonly stacking?: { readonly mode?: string } }
    }
  }
  readonly targets?: ReadonlyArray<{ readonly expr: string; readonly legendFormat?: string }>
}

export interface DrawnDashboard {
  readonly title: string
  readonly description: string
  readonly templating: { readonly list: ReadonlyArray<{ readonly label?: string; readonly name: string }> }
  readonly panels: ReadonlyArray<DrawnPanel>
}

export interface NamedSeries extends AnsweredSeries {
  readonly name: string
}

/**
 * The series of a panel that have a value, those that are 0 throughout last, or the sentence that stands where they would
 * be.
 */
export const seriesOf = (
  { description = "", targets = [] }: DrawnPanel,
  { answers }: Answers
): ReadonlyArray<NamedSeries> | string => {
  const found = targets.map(({ expr, legendFormat = "" }) => {
    const answer = answers.find(({ query }) => query === expr)
    return answer?.series
      .filter(({ values }) => values.some((value) => value !== null))
      .map((series): NamedSeries => ({ ...series, name: nameOf(legendFormat, series) }))
  })
  if (found.includes(undefined)) {
    return "Not recorded yet: npm run record."
  }
  const all = found.flatMap((one) => one ?? [])
  const isStill = ({ values }: NamedSeries) => values.every((value) => value === null || value === 0)
  const series = [...all.filter((one) => !isStill(one)), ...all.filter(isStill)]
  const empty = /\n\nEmpty: (.*)$/.exec(description)?.[1]
  return series.length > 0 ? series : `No data. ${empty ?? ""}`.trim()
}

const nameOf = (legend: string, { labels }: AnsweredSeries): string =>
  legend
    .replaceAll(/\{\{(\w+)\}\}/g, (_, label: string) => labels[label] ?? "")
    .replaceAll(/\s+/g, " ")
    .trim()

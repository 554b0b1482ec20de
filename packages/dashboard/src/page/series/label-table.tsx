/** How many values each label has, the one with the most first. */
import { useMemo } from "preact/hooks"
import type { Series } from "../../protocol/live.ts"
import { formatNumber } from "../text/quantity.ts"
import { Text } from "../text/text.tsx"
import { cardinality } from "./cardinality.ts"

const most = 20

interface LabelTableProps {
  readonly of: ReadonlyArray<Series["labels"]>
  /** The number of series: it is counted again only when it changes. */
  readonly size: number
  /** What a click on a label does. */
  readonly onChoose: (label: string) => void
}

export const LabelTable = ({ of, onChoose, size }: LabelTableProps) => {
  const labels = useMemo(() => cardinality(of), [of, size])
  return (
    <div class="scroll">
      <table class="fit">
        <thead>
          <tr>
            <th scope="col">Label</th>
            <th scope="col" class="number">
              Values
            </th>
            <th scope="col" class="number">
              Series that have it
            </th>
          </tr>
        </thead>
        <tbody>
          {labels.slice(0, most).map(({ label, series, values }) => (
            <tr key={label}>
              <td>
                <button type="button" class="link" onClick={() => onChoose(label)}>
                  <Text value={label} />
                </button>
              </td>
              <td class="number">{formatNumber(values)}</td>
              <td class="number">{formatNumber(series)}</td>
            </tr>
          ))}
        </tbody>
      </table>
      {labels.length === 0 && <p class="muted">No series has a label.</p>}
    </div>
  )
}

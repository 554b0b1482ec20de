/** Values with their names, as bars of one scale. */
import { Text } from "../text/text.tsx"

export interface Bar {
  readonly name: string
  readonly value: number
  readonly text: string
  readonly href?: string
}

export const Bars = ({ name, values }: { readonly name: string; readonly values: ReadonlyArray<Bar> }) => {
  const largest = Math.max(1e-9, ...values.map(({ value }) => value))
  return values.length === 0 ? (
    <p class="muted">None yet.</p>
  ) : (
    <table class="bars">
      <thead class="hidden">
        <tr>
          <th scope="col">{name}</th>
          <th scope="col">Value</th>
        </tr>
      </thead>
      <tbody>
        {values.map((bar, index) => (
          <tr key={index}>
            <th scope="row">
              <div>
                {bar.href === undefined ? (
                  <Text value={bar.name} />
                ) : (
                  <a href={bar.href}>
                    <Text value={bar.name} />
                  </a>
                )}
              </div>
            </th>
            <td>
              <i class="bar" style={{ width: `${(70 * Math.max(0, bar.value)) / largest}%` }} /> {bar.text}
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  )
}

/** Attributes in full, a line each. */
import { visibleLines, visibleText } from "../text/visible-text.ts"

export const Attributes = ({ of }: { readonly of: Readonly<Record<string, string>> }) => {
  const entries = Object.entries(of)
  return entries.length === 0 ? null : (
    <dl class="attributes">
      {entries.map(([name, value]) => (
        <div key={name}>
          <dt>
            <bdi>{visibleText(name)}</bdi>
          </dt>
          <dd dir="auto">{value === "" ? <i class="muted">(empty)</i> : visibleLines(value)}</dd>
        </div>
      ))}
    </dl>
  )
}

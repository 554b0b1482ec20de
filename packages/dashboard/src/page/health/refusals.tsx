/** What was refused or is wrong, with the reasons. */
import type { Health } from "../../protocol/live.ts"
import { formatAgo, formatNumber } from "../text/quantity.ts"
import { Text } from "../text/text.tsx"

export const Refusals = ({ now, refused }: { readonly refused: Health["refused"]; readonly now: number }) =>
  refused.length === 0 ? null : (
    <section class="card warned" aria-labelledby="refusals">
      <h2 id="refusals">Requests that were refused</h2>
      <div class="scroll">
        <table>
          <thead>
            <tr>
              <th scope="col">Status</th>
              <th scope="col" class="number">
                Requests
              </th>
              <th scope="col">Last</th>
              <th scope="col">Why</th>
            </tr>
          </thead>
          <tbody>
            {refused.map(({ count, lastAt, message, status }) => (
              <tr key={`${status} ${message}`}>
                <td class="nowrap">{status === 0 ? "no answer" : status}</td>
                <td class="number">{formatNumber(count)}</td>
                <td class="nowrap">{formatAgo(now - lastAt)}</td>
                <td class="wide">
                  <Text value={message} />
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </section>
  )

interface ViolationsProps {
  readonly count: number
  readonly last: Health["lastViolations"]
}

export const Violations = ({ count, last }: ViolationsProps) => (
  <section class={count > 0 ? "card warned" : "card"} aria-labelledby="violations">
    <h2 id="violations">
      Violations{" "}
      <small>
        {count === 0 ? "of the protocol: none" : `of the protocol: ${formatNumber(count)}; the last ${last.length}`}
      </small>
    </h2>
    {count > 0 && (
      <ul class="plain">
        {last.map(({ kind, labels, message, metric }, index) => (
          <li key={index}>
            <span class="badge">{kind}</span> {metric !== "" && <Text value={metric} class="mono" />}{" "}
            {labels !== "" && <Text value={labels} class="muted" />} <Text value={message} />
          </li>
        ))}
      </ul>
    )}
  </section>
)

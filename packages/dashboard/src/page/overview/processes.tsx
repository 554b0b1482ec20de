/** The processes that report, and those that have stopped. */
import type { Process } from "../../protocol/live.ts"
import type { Model } from "../live/model.ts"
import { formatAgo, formatCount, formatTime } from "../text/quantity.ts"
import { Text } from "../text/text.tsx"

const most = 12

const order = (one: Process, other: Process): number =>
  one.service === other.service ? one.id - other.id : one.service < other.service ? -1 : 1

export const Processes = ({ model }: { readonly model: Model }) => {
  const all = [...model.processes].sort(order)
  const stopped = all.filter(({ id }) => model.hasStopped(id))
  const first = [...stopped, ...all.filter((one) => !stopped.includes(one))].slice(0, most)
  return (
    <section class="card" aria-labelledby="processes">
      <h2 id="processes">
        Processes{" "}
        <small>
          {formatCount(all.length - stopped.length, "reports", "report")}
          {stopped.length > 0 && `, ${formatCount(stopped.length, "has stopped", "have stopped")}`},{" "}
          {formatCount(model.series.size, "series", "series")} of {formatCount(model.metrics.length, "metric")}
        </small>
      </h2>
      <div class="scroll">
        <table>
          <thead>
            <tr>
              <th scope="col">Service</th>
              <th scope="col">Instance</th>
              <th scope="col">First seen</th>
              <th scope="col">Last seen</th>
            </tr>
          </thead>
          <tbody>
            {first.map((process) => (
              <tr key={process.id}>
                <td>
                  <Text value={process.service} />
                </td>
                <td>
                  <Text value={process.instance} class="mono" />
                </td>
                <td class="nowrap">{formatTime(process.firstSeenAt)}</td>
                <td>
                  {formatAgo(model.now - process.lastSeenAt)}
                  {model.hasStopped(process.id) && <span class="badge bad">stopped reporting</span>}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      {all.length > most && <p class="muted">and {all.length - most} more</p>}
    </section>
  )
}

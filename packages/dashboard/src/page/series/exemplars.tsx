/** Single values with the trace that they are from, the newest first. */
import type { MetricDetail } from "../../protocol/live.ts"
import { hrefOf } from "../address.ts"
import { formatQuantity, formatTime } from "../text/quantity.ts"
import { Labels, Text } from "../text/text.tsx"

const most = 50

interface ExemplarsProps {
  readonly exemplars: MetricDetail["exemplars"]
  readonly unit: string
}

export const Exemplars = ({ exemplars, unit }: ExemplarsProps) => (
  <section class="card" aria-labelledby="exemplars">
    <h2 id="exemplars">
      Exemplars <small>single values, with their trace</small>
    </h2>
    <div class="scroll">
      <table class="fit">
        <thead>
          <tr>
            <th scope="col">Time</th>
            <th scope="col" class="number">
              Value
            </th>
            <th scope="col">Trace</th>
            <th scope="col">Labels</th>
          </tr>
        </thead>
        <tbody>
          {[...exemplars]
            .sort((one, other) => other.time - one.time)
            .slice(0, most)
            .map(({ isStored, labels, series, time, traceId, value }, index) => (
              <tr key={`${series} ${time} ${index}`}>
                <td class="nowrap">{formatTime(time)}</td>
                <td class="number nowrap">{formatQuantity(value, unit)}</td>
                <td>
                  {traceId === undefined ? (
                    "–"
                  ) : isStored === true ? (
                    <a href={hrefOf("trace", traceId)}>
                      <Text value={traceId} class="mono" />
                    </a>
                  ) : (
                    <Text value={traceId} class="mono" />
                  )}
                </td>
                <td>
                  <Labels labels={labels} />
                </td>
              </tr>
            ))}
        </tbody>
      </table>
    </div>
  </section>
)

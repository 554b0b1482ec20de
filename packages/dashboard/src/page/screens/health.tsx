/** How the server and those who send to it are: requests, lag, and what makes many series. */
import type { Health as State } from "../../protocol/live.ts"
import { hrefOf } from "../address.ts"
import { hasBegun, shown } from "../live/live.ts"
import type { Model } from "../live/model.ts"
import { Bars } from "../health/bars.tsx"
import { Overflow } from "../health/overflow.tsx"
import { Refusals, Violations } from "../health/refusals.tsx"
import { formatAgo, formatBytes, formatCount, formatNumber, formatSeconds, formatTime } from "../text/quantity.ts"

const mostBars = 15

export const Health = () => {
  const model = shown.value
  const { health } = model
  if (!hasBegun.value || health === undefined) {
    return null
  }
  return (
    <div class="stack">
      <Figures health={health} model={model} />
      <Refusals refused={health.refused} now={model.now} />
      <div class="two">
        <SeriesPerMetric model={model} />
        <div class="stack">
          <Lag health={health} model={model} />
          <Overflow model={model} />
        </div>
      </div>
      <Violations count={health.violations} last={health.lastViolations} />
    </div>
  )
}

const Figure = ({ name, note, value }: { readonly name: string; readonly value: string; readonly note: string }) => (
  <div class="card figure">
    <dt>{name}</dt>
    <dd>{value}</dd>
    <dd class="muted">{note}</dd>
  </div>
)

const Figures = ({ health, model }: { readonly health: State; readonly model: Model }) => {
  const { acknowledged, bytes, exemplars, lastRequestAt, points, requests, storeBytes, storeLimitBytes } = health
  const share = storeLimitBytes > 0 ? storeBytes / storeLimitBytes : 0
  return (
    <dl class="figures">
      <Figure
        name="Requests"
        value={formatNumber(requests)}
        note={requests === acknowledged ? "all acknowledged" : `${formatNumber(acknowledged)} acknowledged`}
      />
      <Figure
        name="Last request"
        value={lastRequestAt === null ? "none" : formatAgo(model.now - lastRequestAt)}
        note={`receiving since ${formatTime(model.startedAt)}`}
      />
      <Figure name="Points" value={formatNumber(points)} note={`${formatBytes(bytes)} received`} />
      <Figure
        name="Series"
        value={formatNumber(model.series.size)}
        note={`of ${formatCount(model.metrics.length, "metric")}`}
      />
      <Figure name="Exemplars" value={formatNumber(exemplars)} note="values with their trace" />
      <div class="card figure">
        <dt>Store</dt>
        <dd>{formatBytes(storeBytes)}</dd>
        <dd class="muted">
          <meter min={0} max={1} high={0.8} value={share} aria-label="Store use" /> of {formatBytes(storeLimitBytes)}
        </dd>
      </div>
    </dl>
  )
}

const SeriesPerMetric = ({ model }: { readonly model: Model }) => {
  const all = model.metrics
    .map(({ id, name }) => ({ name, value: model.seriesOf[id]?.length ?? 0 }))
    .sort((one, other) => other.value - one.value || (one.name < other.name ? -1 : 1))
  return (
    <section class="card" aria-labelledby="per-metric">
      <h2 id="per-metric">
        Series per metric{" "}
        <small>
          <a href={hrefOf("series", "", { sort: "series" })}>all {formatCount(all.length, "metric")}</a>
        </small>
      </h2>
      <Bars
        name="Metric"
        values={all.slice(0, mostBars).map(({ name, value }) => ({
          name,
          value,
          text: formatNumber(value),
          href: hrefOf("series", name)
        }))}
      />
    </section>
  )
}

const Lag = ({ health, model }: { readonly health: State; readonly model: Model }) => (
  <section class="card" aria-labelledby="lag">
    <h2 id="lag">
      Lag by process <small>from the time of its points to their arrival</small>
    </h2>
    <Bars
      name="Process"
      values={[...health.lag]
        .sort((one, other) => other.ms - one.ms)
        .slice(0, mostBars)
        .map(({ ms, process }) => {
          const { instance = "", service = "" } = model.processes[process] ?? {}
          return {
            name: [service, instance].filter((part) => part !== "").join(" "),
            value: ms,
            text: formatSeconds(ms / 1000)
          }
        })}
    />
  </section>
)

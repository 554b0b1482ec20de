/** The processes that run jobs: how busy they are, and whether they still say that they live. */
import type { RunnerSummary, Summary } from "./shapes.ts"
import { Cut } from "./text.tsx"
import { countText, durationText, relativeText } from "./time.ts"

/** A runner that was silent for longer has probably gone. */
const staleMs = 30_000

export const RunnersTable = ({ runners }: { readonly runners: Summary["runners"] }) => (
  <section class="card" aria-labelledby="runners-title">
    <h2 id="runners-title">Runners</h2>
    <div class="scroll tall" role="group" aria-labelledby="runners-title" tabIndex={0}>
      <table>
        <thead>
          <tr>
            <th scope="col">Runner</th>
            <th scope="col">{runners.some(({ slots }) => slots !== undefined) ? "Slots used" : "Running"}</th>
            <th scope="col" class="number">
              Heartbeat
            </th>
          </tr>
        </thead>
        <tbody>
          {runners.map((runner) => (
            <Runner key={runner.name} runner={runner} />
          ))}
        </tbody>
      </table>
    </div>
    {runners.length === 0 && <p class="muted">No runner: nothing that waits will begin.</p>}
  </section>
)

const Runner = ({ runner: { heartbeatAgeMs, name, running, slots } }: { readonly runner: RunnerSummary }) => (
  <tr>
    <th scope="row" class="wide">
      <Cut text={name} />
    </th>
    <td>
      <span class="progress">
        {slots !== undefined && <progress value={running} max={Math.max(slots, 1)} aria-label="Slots used" />}
        <span>
          {countText(running)}
          {slots !== undefined && ` / ${countText(slots)}`}
        </span>
      </span>
    </td>
    <td class="number">
      {heartbeatAgeMs > staleMs ? (
        <span class="badge bad">stale: {durationText(heartbeatAgeMs)}</span>
      ) : (
        relativeText(0, heartbeatAgeMs)
      )}
    </td>
  </tr>
)

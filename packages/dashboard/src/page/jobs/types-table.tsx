/** How many jobs of each type stand in each state, and which types are paused. */
import { mayWrite } from "./access.ts"
import { pause, resume, typeKeyOf } from "./actions.ts"
import { Action } from "./button.tsx"
import { type ListQuery, stateHref } from "./list-query.ts"
import type { Summary, TypeSummary } from "./shapes.ts"
import { Cut } from "./text.tsx"
import { countText, durationText } from "./time.ts"

/** The states that are counted. */
export const counts = ["ready", "scheduled", "retrying", "running", "dead"] as const
export type Counted = (typeof counts)[number]

/** The sum over some types. */
export const sumOf = (types: ReadonlyArray<TypeSummary>, state: Counted): number =>
  types.reduce((sum, type) => sum + type[state], 0)

export interface TypesTableProps {
  readonly types: Summary["types"]
  readonly query: ListQuery
}

export const TypesTable = ({ query, types }: TypesTableProps) => {
  const sorted = types.toSorted((a, b) => (a.jobType < b.jobType ? -1 : 1))
  return (
    <section class="card" aria-labelledby="types-title">
      <h2 id="types-title">Types</h2>
      <div class="scroll tall">
        <table>
          <thead>
            <tr>
              <th scope="col">Type</th>
              {counts.map((state) => (
                <th key={state} scope="col" class="number">
                  {state}
                </th>
              ))}
              <th scope="col" class="number">
                oldest ready
              </th>
              {mayWrite() && (
                <th scope="col">
                  <span class="hidden">Action</span>
                </th>
              )}
            </tr>
          </thead>
          <tbody>
            {sorted.map((type) => (
              <TypeRow key={type.jobType} type={type} query={query} />
            ))}
          </tbody>
          {types.length > 1 && (
            <tfoot>
              <tr>
                <th scope="row">
                  <a href={stateHref(query.state)}>All types</a>
                </th>
                {counts.map((state) => (
                  <Count key={state} count={sumOf(types, state)} state={state} query={query} />
                ))}
                <td />
                {mayWrite() && <td />}
              </tr>
            </tfoot>
          )}
        </table>
      </div>
      {types.length === 0 && <p class="muted">No job has been submitted yet.</p>}
    </section>
  )
}

const TypeRow = ({ query, type }: { readonly type: TypeSummary; readonly query: ListQuery }) => {
  const { isPaused, jobType, oldestReadyAgeMs } = type
  return (
    <tr>
      <th scope="row">
        <a href={stateHref(query.state, jobType)}>
          <Cut text={jobType} />
        </a>
        {isPaused && <span class="badge warn">paused</span>}
      </th>
      {counts.map((state) => (
        <Count key={state} count={type[state]} state={state} type={jobType} query={query} />
      ))}
      <td class="number muted">{oldestReadyAgeMs === undefined ? "–" : durationText(oldestReadyAgeMs)}</td>
      {mayWrite() && (
        <td class="end">
          <Action
            class="quiet"
            action={typeKeyOf(jobType)}
            label={`${isPaused ? "Resume" : "Pause"} ${jobType}`}
            run={() => void (isPaused ? resume : pause)(jobType)}
          >
            {isPaused ? "Resume" : "Pause"}
          </Action>
        </td>
      )}
    </tr>
  )
}

interface CountProps {
  readonly count: number
  readonly state: Counted
  readonly type?: string
  readonly query: ListQuery
}

const Count = ({ count, query, state, type }: CountProps) => (
  <td class={state === "dead" && count > 0 ? "number bad" : "number"}>
    {count === 0 ? (
      <span class="muted">0</span>
    ) : (
      <a
        href={stateHref(state, type)}
        aria-label={`${countText(count)} ${state}${type === undefined ? "" : ` of type ${type}`}`}
        aria-current={query.state === state && query.type === type ? "true" : undefined}
      >
        {countText(count)}
      </a>
    )}
  </td>
)

/** A page of jobs in one state. */
import { visibleText } from "../text/visible-text.ts"
import { useEffect, useRef, useState } from "preact/hooks"
import { hrefOf } from "../address.ts"
import { go } from "../route.ts"
import { mayWrite } from "./access.ts"
import { columnsOf } from "./columns.tsx"
import { DeadLettersBar } from "./dead-letters-bar.tsx"
import { type HeldRows, freshRows, heldRows } from "./held-rows.ts"
import { JobActions } from "./job-actions.tsx"
import { type ListQuery, listHref, listPath, listQueryOf, pageSize, stateHref, states } from "./list-query.ts"
import type { Live } from "./live.ts"
import { type Selection, allToggled, kept, toggled } from "./selection.ts"
import type { JobPage, JobView, Summary } from "./shapes.ts"
import { Cut, Text, loadingText, shortId } from "./text.tsx"
import { countText } from "./time.ts"
import { counts, sumOf } from "./types-table.tsx"

/** The rows that are shown, and what they answer. */
interface Shown extends HeldRows {
  readonly path: string
  readonly now: number
  readonly next: string | undefined
}

const asAnswered = ({ path, value }: Live<JobPage>): Shown | undefined =>
  value === undefined || path === undefined
    ? undefined
    : { ...freshRows(value.items), path, now: value.now, next: value.next }

/** Answers in rows that stay where they are until the reader asks for new ones. */
export const useRows = (live: Live<JobPage>) => {
  const [shown, setShown] = useState(() => asAnswered(live))
  const [isFreshWanted, wantFresh] = useState(false)
  const first = useRef(live.value)
  useEffect(() => {
    const fresh = asAnswered(live)
    if (fresh === undefined || live.value === first.current) {
      return
    }
    // What was kept from the last visit gives way to the first answer of this one.
    const isFresh = isFreshWanted || shown?.path !== fresh.path || first.current !== undefined
    first.current = undefined
    const rows = isFresh ? fresh : heldRows(shown.rows, live.value?.items ?? [], pageSize)
    const isAsAnswered = rows.arrived + rows.left === 0
    setShown({ ...fresh, ...rows, next: isFresh || isAsAnswered ? fresh.next : shown.next })
    wantFresh(false)
  }, [live.value])
  return { shown, showNow: () => setShown(asAnswered(live)), wantFresh: () => wantFresh(true) }
}

export interface JobListProps {
  readonly query: ListQuery
  readonly shown: Shown | undefined
  readonly showNow: () => void
  readonly summary: Summary | undefined
  /** Whether the last question was not answered. */
  readonly isFailing: boolean
  readonly selection: Selection
  readonly select: (selection: Selection) => void
}

export const JobList = ({ isFailing, query, select, selection, showNow, shown, summary }: JobListProps) => {
  const isOld = shown?.path !== listPath(query)
  const rows = shown?.rows ?? []
  const ids = rows.filter(({ isGone }) => !isGone).map(({ job }) => job.id)
  useEffect(() => select(isOld ? new Set() : kept(selection, ids)), [isOld, shown])
  const state = shown === undefined ? query.state : listQueryOf(new URLSearchParams(shown.path.slice(5))).state
  const bar = state === "dead" && mayWrite() && rows.length > 0
  return (
    <section class="card" aria-labelledby="list-title" aria-busy={isOld}>
      <h2 id="list-title" class="hidden">
        Jobs
      </h2>
      <Filters query={query} summary={summary} />
      {bar && <DeadLettersBar query={query} summary={summary} selection={selection} clear={() => select(new Set())} />}
      {rows.length > 0 && shown !== undefined ? (
        <div class="held">
          <div class="scroll">
            <table class={isOld ? "list old" : "list"}>
              <Heads state={state} ids={ids} selection={selection} select={select} />
              <tbody>
                {rows.map(({ isGone, job }) => (
                  <Row
                    key={job.id}
                    {...{ job, isGone, state, now: shown.now }}
                    isSelected={selection.has(job.id)}
                    toggle={() => select(toggled(selection, job.id))}
                  />
                ))}
              </tbody>
            </table>
          </div>
          {shown !== undefined && shown.arrived + shown.left > 0 && !isOld && (
            <button class="hint" onClick={showNow}>
              {[shown.arrived && `${shown.arrived} new`, shown.left && `${shown.left} gone`].filter(Boolean).join(", ")}{" "}
              · show
            </button>
          )}
        </div>
      ) : (
        <p class="muted">
          {shown === undefined
            ? loadingText(isFailing)
            : `No ${state} jobs${query.type === undefined ? "" : " of this type"}.`}
        </p>
      )}
      <Pager query={query} next={isOld ? undefined : shown?.next} count={rows.length} />
    </section>
  )
}

const Filters = ({ query, summary }: Pick<JobListProps, "query" | "summary">) => {
  const types = summary?.types ?? []
  const names = [
    ...new Set([...types.map(({ jobType }) => jobType), ...(query.type === undefined ? [] : [query.type])])
  ]
  const counted = types.filter(({ jobType }) => query.type === undefined || jobType === query.type)
  return (
    <div class="row filters">
      <nav aria-label="States">
        {states.map((state) => {
          const known = counts.find((one) => one === state)
          return (
            <a
              key={state}
              href={stateHref(state, query.type)}
              aria-current={state === query.state ? "page" : undefined}
            >
              {state}
              {known !== undefined && summary !== undefined && <small>{countText(sumOf(counted, known))}</small>}
            </a>
          )
        })}
      </nav>
      <div class="row">
        {" "}
        <select
          aria-label="Type"
          value={query.type ?? ""}
          onChange={(event) => go(stateHref(query.state, event.currentTarget.value))}
        >
          <option value="">All types</option>
          {names.toSorted().map((name) => (
            <option key={name} value={name}>
              {visibleText(name.slice(0, 80))}
            </option>
          ))}
        </select>
        <select
          aria-label="Order"
          value={query.order}
          onChange={(event) => {
            const order = event.currentTarget.value === "oldest" ? "oldest" : "newest"
            go(listHref({ state: query.state, type: query.type, order, page: 1 }))
          }}
        >
          <option value="newest">Newest first</option>
          <option value="oldest">Oldest first</option>
        </select>
      </div>{" "}
    </div>
  )
}

interface HeadsProps {
  readonly state: ListQuery["state"]
  readonly ids: ReadonlyArray<string>
  readonly selection: Selection
  readonly select: (selection: Selection) => void
}

const Heads = ({ ids, select, selection, state }: HeadsProps) => (
  <thead>
    <tr>
      {state === "dead" && mayWrite() && (
        <th scope="col" class="check">
          <input
            type="checkbox"
            aria-label="Select all on this page"
            checked={ids.length > 0 && selection.size === ids.length}
            ref={(box) => {
              if (box !== null) {
                box.indeterminate = selection.size > 0 && selection.size < ids.length
              }
            }}
            onChange={() => select(allToggled(selection, ids))}
          />
        </th>
      )}
      <th scope="col">Job</th>
      <th scope="col">Type</th>
      {columnsOf[state].map(({ look, title }) => (
        <th key={title} scope="col" class={look}>
          {title}
        </th>
      ))}
      {mayWrite() && (
        <th scope="col">
          <span class="hidden">Actions</span>
        </th>
      )}
    </tr>
  </thead>
)

interface RowProps {
  readonly job: JobView
  readonly isGone: boolean
  readonly state: ListQuery["state"]
  readonly now: number
  readonly isSelected: boolean
  readonly toggle: () => void
}

const Row = ({ isGone, isSelected, job, now, state, toggle }: RowProps) => (
  <tr class={isGone ? "gone" : isSelected ? "selected" : undefined}>
    {state === "dead" && mayWrite() && (
      <td class="check">
        <input
          type="checkbox"
          data-select
          aria-label={`Select job ${job.id}`}
          checked={isSelected}
          disabled={isGone}
          onChange={toggle}
        />
      </td>
    )}
    <th scope="row" class="id">
      <a href={hrefOf("jobs", job.id)} title={job.id} data-row>
        <Text text={shortId(job.id)} />
      </a>
    </th>
    <td class="type">
      <Cut text={job.jobType} />
    </td>
    {columnsOf[state].map(({ cell, look, title }) => (
      <td key={title} class={look}>
        {cell(job, now)}
      </td>
    ))}
    {mayWrite() && <td class="end">{isGone ? <span class="muted">gone</span> : <JobActions job={job} isInList />}</td>}
  </tr>
)

/** Where each page that was left forwards began, to go back to it. */
const before = new Map<string, string | undefined>()

const Pager = ({
  count,
  next,
  query
}: {
  readonly query: ListQuery
  readonly next: string | undefined
  readonly count: number
}) => {
  if (next === undefined && query.after === undefined) {
    return null
  }
  const isKnown = query.after !== undefined && before.has(query.after)
  const start = (query.page - 1) * pageSize
  return (
    <nav class="row pager" aria-label="Pages">
      {query.after !== undefined && (
        <a
          href={listHref({
            ...query,
            after: isKnown && query.after !== undefined ? before.get(query.after) : undefined,
            page: isKnown ? query.page - 1 : 1
          })}
        >
          {isKnown ? "Previous" : "First page"}
        </a>
      )}
      <span class="muted">
        {countText(start + 1)}–{countText(start + count)}
      </span>
      {next !== undefined && (
        <a
          href={listHref({ ...query, after: next, page: query.page + 1 })}
          onClick={() => before.set(next, query.after)}
        >
          Next
        </a>
      )}
    </nav>
  )
}

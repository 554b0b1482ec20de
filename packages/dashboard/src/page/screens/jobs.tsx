/** All jobs: how many there are, who runs them, and a list of those in one state. */
import { useState } from "preact/hooks"
import { Frame } from "../jobs/frame.tsx"
import { JobList, useRows } from "../jobs/job-list.tsx"
import { listPath, listQueryOf } from "../jobs/list-query.ts"
import { answers, refresh, useLive } from "../jobs/live.ts"
import { RunnersTable } from "../jobs/runners-table.tsx"
import type { Selection } from "../jobs/selection.ts"
import type { JobPage, Summary } from "../jobs/shapes.ts"
import { TypesTable } from "../jobs/types-table.tsx"
import { route } from "../route.ts"

const summaries = answers<Summary>()
const lists = answers<JobPage>()

export const Jobs = () => {
  const query = listQueryOf(route.value.parameters)
  const { problem, value: summary } = useLive("summary", summaries)
  const list = useLive(listPath(query), lists)
  const { showNow, shown, wantFresh } = useRows(list)
  const [selection, select] = useState<Selection>(new Set())
  const refreshAll = () => {
    wantFresh()
    refresh()
  }
  return (
    <Frame value={summary} problems={[problem, list.problem]} refresh={refreshAll} clear={() => select(new Set())}>
      {summary !== undefined && (
        <div class="both">
          <TypesTable types={summary.types} query={query} />
          <RunnersTable runners={summary.runners} />
        </div>
      )}
      <JobList isFailing={list.problem !== undefined} {...{ query, shown, showNow, summary, selection, select }} />
    </Frame>
  )
}

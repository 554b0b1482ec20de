/** What is shown of a job in a list, by the state that the list is of. */
import type { ComponentChild } from "preact"
import type { State } from "./list-query.ts"
import { Progress } from "./progress.tsx"
import type { JobView } from "./shapes.ts"
import { Ago, Cut } from "./text.tsx"
import { durationText } from "./time.ts"

export interface Column {
  readonly title: string
  /** `number` is aligned to the right, `minor` is left out on narrow screens, `wide` takes the room that is left. */
  readonly look?: "number" | "minor" | "wide"
  readonly cell: (job: JobView, now: number) => ComponentChild
}

const attempt: Column = { title: "Attempt", look: "number", cell: (job) => job.attempt }
const priority: Column = { title: "Priority", look: "minor", cell: (job) => job.priority }
const accepted: Column = {
  title: "Accepted",
  look: "minor",
  cell: (job, now) => <Ago at={job.acceptedAt} now={now} />
}
const due = (title: string): Column => ({ title, cell: (job, now) => <Ago at={job.dueAt} now={now} /> })
const ended = (title: string): Column => ({
  title,
  cell: (job, now) => (job.finishedAt === undefined ? "" : <Ago at={job.finishedAt} now={now} />)
})
const lastError = (job: JobView) => job.errors.at(-1)
const reason = (of: (job: JobView) => string | undefined): Column => ({
  title: "Reason",
  cell: (job) => <Cut text={of(job) ?? ""} />
})
const message: Column = {
  title: "Last error",
  look: "wide",
  // It is prose of several lines, in one; its lines stand on the screen of the job.
  cell: (job) => <Cut text={(lastError(job)?.message ?? "").slice(0, 1000).replace(/[\t\n\r ]+/g, " ")} />
}
const spent = (title: string): Column => ({
  title,
  look: "number",
  cell: (job, now) => (job.startedAt === undefined ? "" : durationText((job.finishedAt ?? now) - job.startedAt))
})

export const columnsOf: Readonly<Record<State, ReadonlyArray<Column>>> = {
  ready: [due("Due"), attempt, priority, accepted],
  scheduled: [due("Due"), priority, accepted],
  retrying: [due("Next attempt"), attempt, reason((job) => lastError(job)?.reason), message],
  running: [
    spent("Runs for"),
    attempt,
    { title: "Held by", look: "minor", cell: (job) => <Cut text={job.heldBy ?? ""} /> },
    {
      title: "Progress",
      look: "wide",
      cell: (job) => job.progress !== undefined && <Progress progress={job.progress} />
    }
  ],
  completed: [ended("Ended"), spent("Took"), attempt, accepted],
  cancelled: [ended("Ended"), attempt, accepted],
  dead: [ended("Died"), reason((job) => job.reason), attempt, message]
}

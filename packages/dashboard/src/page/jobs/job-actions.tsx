/** What can be done with a job as it stands. */
import { cancel, deleteLetters, keyOf, manyKey, replay } from "./actions.ts"
import { Action } from "./button.tsx"
import type { JobView } from "./shapes.ts"

export interface JobActionsProps {
  readonly job: JobView
  /** In a list the buttons are quiet, and there are as few as can be. */
  readonly isInList?: boolean
}

const isAlive = ({ state }: JobView): boolean =>
  state === "ready" || state === "scheduled" || state === "retrying" || state === "running"

export const JobActions = ({ isInList = false, job }: JobActionsProps) => {
  const look = isInList ? { class: "quiet" } : {}
  if (isAlive(job)) {
    return (
      <Action {...look} action={keyOf(job)} label={`Cancel job ${job.id}`} run={() => cancel(job)}>
        Cancel
      </Action>
    )
  }
  if (job.state !== "dead") {
    return null
  }
  return (
    <>
      <Action {...look} action={keyOf(job)} label={`Replay job ${job.id}`} run={() => void replay(job)}>
        Replay
      </Action>
      <Action
        class={isInList ? "quiet" : "danger"}
        action={manyKey}
        label={`Delete job ${job.id}`}
        run={() => deleteLetters({ selection: { ids: [job.id] }, count: 1, type: job.jobType }, () => undefined)}
      >
        Delete
      </Action>
    </>
  )
}

/** What can be done with jobs and types: each action says what it did, and can be undone or asks first. */
import { confirm } from "./confirmation.tsx"
import { say } from "./notices.tsx"
import { change } from "./request.ts"
import { run } from "./run.ts"
import type { DeadLetterSelection, Done, JobDetail, JobView } from "./shapes.ts"
import { shortId } from "./text.tsx"
import { counted, countText } from "./time.ts"

/** What an action is about: a job, or what stands for it. */
type Named = Pick<JobView, "id" | "jobType">

/** The action of a job that runs at most once at a time. */
export const keyOf = ({ id }: Pick<JobView, "id">): string => `job ${id}`

/** Its key of all actions on many dead letters. */
export const manyKey = "dead"

/** The key of the actions of a type. */
export const typeKeyOf = (type: string): string => `type ${type}`

const pathOf = (id: string, action: string): string => `job/${encodeURIComponent(id)}/${action}`

const nameOf = ({ id, jobType }: Named): string => `job ${id} of type ${jobType}`

const shortNameOf = ({ id, jobType }: Named): string => nameOf({ id: shortId(id), jobType })

const cancelNow = (job: Named): Promise<void> =>
  run(keyOf(job), async () => {
    const { job: now } = await change<JobDetail>(pathOf(job.id, "cancel"))
    say(`${now.state === "cancelled" ? "Cancelled" : "Cancelling"} ${shortNameOf(job)}.`)
  })

/** Asks, for it can't be undone. */
export const cancel = (job: JobView): void =>
  confirm({
    title: "Cancel this job?",
    text: `${job.state === "running" ? "It runs now and will be interrupted: " : ""}${nameOf(job)}. A cancelled job can't be brought back.`,
    yes: "Cancel the job",
    no: "Keep it",
    isDangerous: true,
    run: () => void cancelNow(job)
  })

/** Replays one dead letter, which can then be cancelled. */
export const replay = (job: Named): Promise<void> =>
  run(keyOf(job), async () => {
    await change<JobDetail>(pathOf(job.id, "replay"))
    say(`Replayed ${shortNameOf(job)}.`, { label: "Cancel it", run: () => void cancelNow(job) })
  })

/** Dead letters, and how the reader calls them. */
export interface Letters {
  readonly selection: DeadLetterSelection
  readonly count: number
  /** The type, where they are all of one. */
  readonly type?: string | undefined
}

const lettersText = ({ count, type }: Letters): string =>
  `${counted(count, "dead letter")}${type === undefined ? "" : ` of type ${type}`}`

const doneText = (verb: string, { done, left, leftCount, remaining }: Done): string => {
  const parts = [`${verb} ${counted(done, "dead letter")}`]
  if (leftCount > 0) {
    parts.push(`${countText(leftCount)} left: ${(left[0]?.message ?? "").replace(/\.$/, "")}`)
  }
  if (remaining > 0) {
    parts.push(`${countText(remaining)} more match, do it again for them`)
  }
  return `${parts.join("; ")}.`
}

/** Replays many; asks. */
export const replayMany = (letters: Letters, after: () => void): void =>
  confirm({
    title: `Replay ${lettersText(letters)}?`,
    text: "Each runs again, with its attempts counted from 1.",
    yes: `Replay ${countText(letters.count)}`,
    no: "Leave them",
    isDangerous: false,
    run: () =>
      void run(manyKey, async () => {
        say(doneText("Replayed", await change<Done>("dead/replay", letters.selection)))
        after()
      })
  })

/** Deletes one or many; asks, and where there are several the count or their type is to be typed. */
export const deleteLetters = (letters: Letters, after: () => void): void =>
  confirm({
    title: `Delete ${lettersText(letters)}?`,
    text: "They are gone for good, with their payloads and errors.",
    yes: `Delete ${countText(letters.count)}`,
    no: "Keep them",
    isDangerous: true,
    ...(letters.count > 1
      ? { typed: [String(letters.count), ...(letters.type === undefined ? [] : [letters.type])] }
      : {}),
    run: () =>
      void run(manyKey, async () => {
        say(doneText("Deleted", await change<Done>("dead/delete", letters.selection)))
        after()
      })
  })

/** Lets no job of a type begin. */
export const pause = (type: string): Promise<void> =>
  run(typeKeyOf(type), async () => {
    await change(`type/${encodeURIComponent(type)}/pause`)
    say(`Paused ${type}: no job of it begins, those that run go on.`, {
      label: "Resume",
      run: () => void resume(type)
    })
  })

/** Lets jobs of a type begin again. */
export const resume = (type: string): Promise<void> =>
  run(typeKeyOf(type), async () => {
    await change(`type/${encodeURIComponent(type)}/resume`)
    say(`Resumed ${type}.`, { label: "Pause", run: () => void pause(type) })
  })

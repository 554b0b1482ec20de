/** Answers of the server in words for people. */
import type { Answer, JobAnswer, Question } from "./control-api-protocol.ts"

type Of<Tag extends Answer["_tag"]> = Extract<Answer, { readonly _tag: Tag }>

/** What is shown of an answer; a submission shows the id alone, so that it can be handed on. */
export const wordsOf = (answer: Exclude<Answer, Of<"Refusal">>, question: Question): string => {
  if (answer._tag === "DeadLetters") return wordsOfDead(answer)
  if (answer._tag === "Depths") return wordsOfDepths(answer)
  switch (question._tag) {
    case "Submit":
      return answer.job.id
    case "Cancel":
      return `${answer.job.id} is ${answer.job.state}.`
    case "Replay":
      return `${answer.job.id} was put back to work, and is ${answer.job.state}.`
    default:
      return wordsOfJob(answer.job)
  }
}

/** The document for scripts: what is asked for and nothing around it. */
export const documentOf = (answer: Exclude<Answer, Of<"Refusal">>): unknown => {
  if (answer._tag === "Job") return answer.job
  return answer._tag === "Depths" ? answer.depths : { items: answer.items, next: answer.next }
}

const wordsOfJob = (job: JobAnswer): string =>
  [
    ["id", job.id],
    ["type", job.jobType],
    ["state", job.state],
    ["priority", job.priority],
    ["attempt", `${job.attempt}`],
    ["accepted", timeOf(job.acceptedAt)],
    ...(job.startedAt === undefined ? [] : [["started", timeOf(job.startedAt)]]),
    ...(job.finishedAt === undefined ? [] : [["finished", timeOf(job.finishedAt)]]),
    ...(job.heldBy === undefined ? [] : [["held by", job.heldBy]]),
    ...(job.replays === 0 ? [] : [["replays", `${job.replays}`]]),
    ...(job.redeliveries === 0 ? [] : [["redelivered", `${job.redeliveries}`]]),
    ...(job.reason === undefined ? [] : [["reason", job.reason]]),
    ...(job.result === undefined ? [] : [["result", job.result]]),
    ...job.errors.map(({ attempt, message, reason }) => ["error", `attempt ${attempt}: ${reason}: ${line(message)}`])
  ]
    .map(([name = "", value = ""]) => `${name.padEnd(12)}${value}`)
    .join("\n")

const wordsOfDead = ({ items, next }: Of<"DeadLetters">): string => {
  if (items.length === 0) return "There are no dead letters."
  const rows = items.map(({ attempts, deadAt, errors, id, jobType, reason }) =>
    [
      id,
      jobType.padEnd(8),
      timeOf(deadAt),
      attempts === 1 ? "1 attempt" : `${attempts} attempts`,
      `${reason}: ${line(errors.at(-1)?.message ?? "")}`
    ].join("  ")
  )
  return [...rows, ...(next === undefined ? [] : [`More with --after ${next}`])].join("\n")
}

const wordsOfDepths = ({ depths }: Of<"Depths">): string =>
  depths.length === 0
    ? "No job waits, runs or is dead."
    : [...depths]
        .sort((left, right) => (`${left.jobType} ${left.state}` < `${right.jobType} ${right.state}` ? -1 : 1))
        .map(({ jobType, jobs, state }) => `${jobType.padEnd(10)}${state.padEnd(11)}${jobs}`)
        .join("\n")

const timeOf = (ms: number) => new Date(ms).toISOString()

/** One line, and not a long one: a message may quote a whole file. */
const line = (text: string) => {
  const short = text.replaceAll(/\s+/g, " ")
  return short.length > 120 ? `${short.slice(0, 117)}...` : short
}

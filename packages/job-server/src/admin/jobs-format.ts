/** Formats responses of the control API as text for people and as JSON for scripts. */
import { oneLine } from "../command-line/printable.ts"
import type { ControlRequest, ControlResponse, JobReport, ResponseOf } from "./control-api-protocol.ts"

type Success = Exclude<ControlResponse, ResponseOf<"Rejected">>

/** The text of a response. A submission prints the id alone, so that a script can use it. */
export const formatResponse = (response: Success, request: ControlRequest): string => {
  if (response._tag === "DeadLetters") {
    return formatDeadLetters(response)
  }
  if (response._tag === "Depths") {
    return formatDepths(response)
  }
  switch (request._tag) {
    case "Submit":
      return oneLine(response.job.id)
    case "Cancel":
      return oneLine(`Job ${response.job.id} is ${response.job.state}.`)
    case "Replay":
      return oneLine(`Job ${response.job.id} was replayed and is ${response.job.state}.`)
    default:
      return formatJob(response.job)
  }
}

/** The JSON document of a response. */
export const documentOf = (response: Success): unknown => {
  if (response._tag === "Job") {
    return response.job
  }
  return response._tag === "Depths" ? response.depths : { items: response.items, next: response.next }
}

const formatJob = (job: JobReport): string =>
  [
    ["id", job.id],
    ["type", job.jobType],
    ["state", job.state],
    ["priority", job.priority],
    ["attempt", `${job.attempt}`],
    ["accepted", formatTime(job.acceptedAt)],
    ...(job.startedAt === undefined ? [] : [["started", formatTime(job.startedAt)]]),
    ...(job.finishedAt === undefined ? [] : [["finished", formatTime(job.finishedAt)]]),
    ...(job.heldBy === undefined ? [] : [["held by", job.heldBy]]),
    ...(job.replays === 0 ? [] : [["replays", `${job.replays}`]]),
    ...(job.redeliveries === 0 ? [] : [["redelivered", `${job.redeliveries}`]]),
    ...(job.reason === undefined ? [] : [["reason", job.reason]]),
    ...(job.result === undefined ? [] : [["result", job.result]]),
    ...job.errors.map(({ attempt, message, reason }) => ["error", `attempt ${attempt}: ${reason}: ${shorten(message)}`])
  ]
    .map(([name = "", value = ""]) => oneLine(`${name.padEnd(12)}${value}`))
    .join("\n")

const formatDeadLetters = ({ items, next }: ResponseOf<"DeadLetters">): string => {
  if (items.length === 0) {
    return "There are no dead letters."
  }
  const rows = items.map(({ attempts, deadAt, errors, id, jobType, reason }) =>
    oneLine(
      [
        id,
        jobType.padEnd(8),
        formatTime(deadAt),
        attempts === 1 ? "1 attempt" : `${attempts} attempts`,
        `${reason}: ${shorten(errors.at(-1)?.message ?? "")}`
      ].join("  ")
    )
  )
  return [...rows, ...(next === undefined ? [] : [oneLine(`Next page: --after ${next}`)])].join("\n")
}

const formatDepths = ({ depths }: ResponseOf<"Depths">): string =>
  depths.length === 0
    ? "No jobs are waiting, running or dead."
    : [...depths]
        .sort((left, right) => (`${left.jobType} ${left.state}` < `${right.jobType} ${right.state}` ? -1 : 1))
        .map(({ jobType, jobs, state }) => oneLine(`${jobType.padEnd(10)}${state.padEnd(11)}${jobs}`))
        .join("\n")

const formatTime = (ms: number) => new Date(ms).toISOString()

/** One line of limited length: a message may quote a whole file. */
const shorten = (text: string) => {
  const line = text.replaceAll(/\s+/g, " ")
  return line.length > 120 ? `${line.slice(0, 117)}...` : line
}

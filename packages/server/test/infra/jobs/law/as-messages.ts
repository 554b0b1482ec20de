/** Whether the series of the messaging conventions say the same of jobs as our own: in one registry, as text where not. */
import type * as Testing from "../../../../src/observe/testing.ts"

const system = 'messaging_system="parametric_portal"'

/** What differs in each of these registries: the same facts, or none at all where the option is off. */
export const differences = (snapshots: ReadonlyArray<Testing.Snapshot>, isOn: boolean): ReadonlyArray<string> =>
  snapshots.flatMap((snapshot) => (isOn ? differ(snapshot) : sumOf(snapshot, "messaging_").series))

interface Sum {
  readonly count: number
  readonly sum: number
  readonly series: ReadonlyArray<string>
}

const differ = (snapshot: Testing.Snapshot): ReadonlyArray<string> => {
  const ours = (operation: string, outcome: RegExp) =>
    sumOf(snapshot, "jobs_processing_seconds{", new RegExp(`operation="${operation}".*priority`), outcome)
  const theirs = (name: string, outcome: RegExp) => sumOf(snapshot, `${name}{`, new RegExp(system), outcome)
  const [sent, sends, processes] = [
    "messaging_client_sent_messages_total",
    "messaging_client_operation_duration_seconds",
    "messaging_process_duration_seconds"
  ]
  const working = sumOf(snapshot, "jobs_in_flight{", /operation="process"/).count
  return [
    ...unequal("sent", theirs(sent, /^(?!.*error_type)/), sumOf(snapshot, "jobs_enqueued_total{")),
    ...unequal("not sent", theirs(sent, /error_type/), countOf(ours("submit", /outcome="(failure|defect)"/))),
    ...outcomes.flatMap(([outcome, errorType]) => [
      ...unequal(`a send: ${outcome}`, theirs(sends, errorType), ours("submit", outcome)),
      ...unequal(`an attempt: ${outcome}`, theirs(processes, errorType), ours("process", outcome))
    ]),
    ...unequal("delivered", theirs("messaging_client_consumed_messages_total", /./), {
      ...countOf(ours("process", /./)),
      count: ours("process", /./).count + working
    })
  ]
}

/** What our own metrics have in `outcome`, and these in `error_type`. */
const outcomes = [
  [/^(?!.*outcome=)/, /^(?!.*error_type)/],
  [/outcome="interrupted"/, /error_type="interrupted"/],
  [/outcome="(failure|defect)"/, /error_type="(?!interrupted)/]
] as const

const sumOf = (snapshot: Testing.Snapshot, name: string, ...passes: ReadonlyArray<RegExp>): Sum => {
  const found = Object.entries(snapshot).filter(
    ([text]) => text.startsWith(name) && passes.every((each) => each.test(text))
  )
  return {
    count: found.reduce((total, [, value]) => total + (typeof value === "number" ? value : value.count), 0),
    sum: found.reduce((total, [, value]) => total + (typeof value === "number" ? 0 : value.sum), 0),
    series: found.map(([text]) => text)
  }
}

const countOf = ({ count, series }: Sum): Sum => ({ count, sum: 0, series })

/** Seconds are added in another order. */
const unequal = (what: string, found: Sum, expected: Sum): ReadonlyArray<string> =>
  found.count === expected.count && Math.abs(found.sum - expected.sum) < 1e-6
    ? []
    : [`${what}: ${found.count} in ${found.sum} s, expected ${expected.count} in ${expected.sum} s`]

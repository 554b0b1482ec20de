/** What the series of the messaging conventions say of cluster messages, and what our own say of the same. */
import * as Effect from "effect/Effect"
import * as Testing from "../../../src/observe/testing.ts"

interface Sum {
  readonly count: number
  /** Of durations, in whole microseconds: they are added in another order. */
  readonly micros: number
}

const none: Sum = { count: 0, micros: 0 }

/** The facts that both have. */
const facts = (of: (fact: Fact) => Sum) => ({
  sent: of("sent"),
  unsent: of("unsent"),
  sends: of("sends"),
  delivered: of("delivered"),
  processed: of("processed"),
  interrupted: of("interrupted"),
  failed: of("failed")
})

type Fact = "sent" | "unsent" | "sends" | "delivered" | "processed" | "interrupted" | "failed"

const theirSeries: Readonly<Record<Fact, readonly [string, RegExp]>> = {
  sent: ["messaging_client_sent_messages_total", /^(?!.*error_type)/],
  unsent: ["messaging_client_sent_messages_total", /error_type/],
  sends: ["messaging_client_operation_duration_seconds", /messaging_operation_type="send"/],
  delivered: ["messaging_client_consumed_messages_total", /messaging_operation_name="receive"/],
  processed: ["messaging_process_duration_seconds", /^(?!.*error_type)/],
  interrupted: ["messaging_process_duration_seconds", /error_type="interrupted"/],
  failed: ["messaging_process_duration_seconds", /error_type="(?!interrupted")/]
}

const ourSeries: Readonly<Record<Exclude<Fact, "unsent">, readonly [string, RegExp]>> = {
  sent: ["cluster_messages_sent_total", /./],
  sends: ["cluster_message_latency_seconds", /operation="send"/],
  delivered: ["cluster_messages_received_total", /./],
  processed: ["cluster_message_processing_seconds", /^(?!.*outcome=)/],
  interrupted: ["cluster_message_processing_seconds", /outcome="interrupted"/],
  failed: ["cluster_message_processing_seconds", /outcome="(failure|defect)"/]
}

const sumOf = (snapshot: Testing.Snapshot, [name, passes]: readonly [string, RegExp]): Sum =>
  Object.entries(snapshot)
    .filter(([text]) => text.startsWith(`${name}{`) && passes.test(text))
    .reduce((total, [, value]) => {
      const { count, sum } = typeof value === "number" ? { count: value, sum: 0 } : value
      return { count: total.count + count, micros: total.micros + Math.round(sum * 1e6) }
    }, none)

/** Both, in the registry at hand. */
export const asMessages = Effect.map(Testing.snapshot, (now) => ({
  theirs: facts((fact) => sumOf(now, theirSeries[fact])),
  ours: facts((fact) =>
    fact === "unsent"
      ? // Each send that ended, but those that succeeded.
        { count: sumOf(now, ourSeries.sends).count - sumOf(now, ourSeries.sent).count, micros: 0 }
      : sumOf(now, ourSeries[fact])
  )
}))

/** What the conventions say where the option is off. */
export const noMessages = facts(() => none)

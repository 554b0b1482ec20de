/**
 * Three runners on one PostgreSQL, 2,000 persisted messages, one runner ended midway: killed, and stopped. What the
 * runners counted is compared with what their handlers wrote, exactly.
 */
import { expect, it } from "@effect/vitest"
import { Effect } from "effect"
import { type Outcome, play, type Scenario } from "../support/cluster-scenario.ts"
import { Postgres } from "../support/postgres.ts"

const scenario = (signal: Scenario["signal"], check: (outcome: Outcome) => void) =>
  it.scopedLive(
    `three runners account for 2,000 messages, one of them ended by ${signal}`,
    () =>
      Effect.gen(function* () {
        const outcome = yield* play({ name: signal.toLowerCase(), runners: 3, messages: 2000, signal })
        console.log(table(signal, outcome))
        const { arrivals, completions, redeliveries } = outcome
        expect(arrivals.counted + arrivals.takenAlong).toBe(arrivals.truth)
        expect(completions.counted + completions.takenAlong).toBe(completions.truth)
        expect(redeliveries.counted).toBe(redeliveries.truth)
        expect([completions.truth, arrivals.truth]).toEqual([2000, 2000 + redeliveries.truth])
        const { backlog, leftovers, replies, misreported, sent } = outcome
        expect({ backlog, leftovers, replies, misreported, sent }).toEqual({
          backlog: { writers: 1, messages: 0 },
          leftovers: {},
          replies: 2000,
          misreported: [],
          sent: 2000
        })
        check(outcome)
      }).pipe(Effect.provide(Postgres.layer)),
    240_000
  )

scenario("SIGKILL", ({ arrivals, completions, recoverySeconds, redeliveries, shardsHeld }) => {
  expect(Math.min(arrivals.takenAlong, completions.takenAlong)).toBeGreaterThan(0)
  expect(shardsHeld).toEqual({ living: 60, ended: undefined, configured: 60 })
  expect(redeliveries.truth).toBeGreaterThan(0)
  expect(recoverySeconds).toBeLessThan(60)
})

scenario("SIGTERM", ({ arrivals, completions, recoverySeconds, shardsHeld }) => {
  expect(shardsHeld).toEqual({ living: 60, ended: 0, configured: 60 })
  expect([arrivals.takenAlong, completions.takenAlong]).toEqual([0, 0])
  expect(recoverySeconds).toBeLessThan(60)
})

const table = (signal: string, outcome: Outcome): string =>
  [
    `| ended by | messages | arrivals counted + taken along = true | redeliveries counted = true | seconds to recover |`,
    `|---|---|---|---|---|`,
    `| ${signal} | ${outcome.replies} | ${outcome.arrivals.counted} + ${outcome.arrivals.takenAlong} = ${outcome.arrivals.truth} ` +
      `| ${outcome.redeliveries.counted} = ${outcome.redeliveries.truth} | ${outcome.recoverySeconds} |`
  ].join("\n")

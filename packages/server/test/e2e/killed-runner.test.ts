/** Two real runners on a real PostgreSQL, one of them killed: `.ci/run` has this one, beside which `cluster.test.ts` has more. */
import { expect, it } from "@effect/vitest"
import { Effect } from "effect"
import { play } from "../support/cluster-scenario.ts"
import { Postgres } from "../support/postgres.ts"

it.scopedLive(
  "two runners account for every message when one of them is killed",
  () =>
    Effect.gen(function* () {
      const { arrivals, completions, recoverySeconds, redeliveries, ...rest } = yield* play({
        name: "two_killed",
        runners: 2,
        messages: 200,
        signal: "SIGKILL"
      })
      expect(recoverySeconds).toBeLessThan(60)
      expect(rest).toEqual({
        replies: 200,
        sent: 200,
        shardsHeld: { living: 60, ended: undefined, configured: 60 },
        misreported: [],
        backlog: { writers: 1, messages: 0 },
        leftovers: {}
      })
      expect(arrivals.counted + arrivals.takenAlong).toBe(arrivals.truth)
      expect(completions.counted + completions.takenAlong).toBe(completions.truth)
      expect(completions.truth).toBe(200)
      expect(redeliveries.counted).toBe(redeliveries.truth)
      expect(redeliveries.truth).toBeGreaterThan(0)
      expect(arrivals.truth).toBe(200 + redeliveries.truth)
    }).pipe(Effect.provide(Postgres.layer)),
  180_000
)

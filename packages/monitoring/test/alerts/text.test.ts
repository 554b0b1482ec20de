import * as FastCheck from "effect/FastCheck"
import { describe, expect, it } from "vitest"
import { longerThan, secondsOf } from "../../src/alerts/duration.ts"
import { lastsAt } from "../../src/alerts/error-budget.ts"
import { count, either, inWords, lasting, percent } from "../../src/alerts/text.ts"

describe("numbers in texts", () => {
  it("are written with their unit", () => {
    expect([0.1, 0.07, 0.001, 0.999, 0, 1].map(percent)).toEqual(["10%", "7%", "0.1%", "99.9%", "0%", "100%"])
    expect([0.1, 1, 60, 90, 600, 3600, 5400, 86_400, 172_800].map(lasting)).toEqual([
      "0.1 s",
      "1 s",
      "1 minute",
      "90 s",
      "10 minutes",
      "1 hour",
      "90 minutes",
      "1 day",
      "2 days"
    ])
    expect([count(1, "job"), count(5, "job"), count(2, "redelivery", "redeliveries")]).toEqual([
      "1 job",
      "5 jobs",
      "2 redeliveries"
    ])
    expect([either(["a"]), either(["a", "b"]), either(["a", "b", "c"])]).toEqual(["a", "a or b", "a, b or c"])
  })

  it("say how long a budget of thirty days lasts", () => {
    expect([14.4, 6, 3, 1, 7, 100, 0.5].map(lastsAt)).toEqual([
      "50 hours",
      "5 days",
      "10 days",
      "30 days",
      "4.29 days",
      "7.2 hours",
      "60 days"
    ])
  })
})

describe("durations", () => {
  it("are those that Prometheus reads, in whole units", () => {
    expect(["90s", "10m", "6h", "1d"].map(secondsOf)).toEqual([90, 600, 21_600, 86_400])
    expect(["", "10", "m", "1.5h", "-5m", "1e3s", "5 m", "1w", "99999999999d"].map(secondsOf)).toEqual(
      Array.from({ length: 9 }, () => Number.NaN)
    )
    expect((["5m", "90m", "1d"] as const).map(inWords)).toEqual(["5 minutes", "90 minutes", "1 day"])
  })

  it("are made longer than a rollout, and never shorter than they were", () => {
    expect([longerThan("5m", "6m"), longerThan("6m", "6m"), longerThan("90s", "1m")]).toEqual(["6m", "7m", "150s"])
    const range = FastCheck.tuple(
      FastCheck.nat(10_000),
      FastCheck.constantFrom("s" as const, "m" as const, "h" as const)
    )
    expect(
      FastCheck.assert(
        FastCheck.property(range, range, ([rollout, one], [held, other]) => {
          const longer = secondsOf(longerThan(`${rollout}${one}`, `${held}${other}`))
          return longer > secondsOf(`${rollout}${one}`) && longer >= secondsOf(`${held}${other}`)
        })
      )
    ).toBeUndefined()
  })
})

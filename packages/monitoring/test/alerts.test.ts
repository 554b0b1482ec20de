import { describe, expect, it } from "vitest"
import { definitions } from "../src/alerts.ts"
import { repository, settings } from "../src/repository.ts"
import { fires, staysSilent } from "./support/case.ts"
import { cases } from "./support/cases.ts"
import { has, promtool, ruleFile, ruleFiles } from "./support/promtool.ts"

const seconds = (range: string): number =>
  Number.parseInt(range, 10) * ({ s: 1, m: 60, h: 3600, d: 86_400 }[range.at(-1) ?? ""] ?? Number.NaN)

describe("alerts", () => {
  it("have a case each, and each rule of an alert that has several", () => {
    const covered = cases.flatMap(({ alert, firing }) =>
      firing.map(({ labels }) => `${alert} ${labels["window"] ?? ""}`)
    )
    expect([...new Set(covered)].sort()).toEqual(
      repository.alerts.map(({ labels, name }) => `${name} ${labels["window"] ?? ""}`).sort()
    )
  })

  it("hold for longer than a rollout before they fire", () => {
    expect(repository.alerts.filter((one) => seconds(one.for) <= seconds(settings.rollout))).toEqual([])
  })

  it("are in the group of what they are about", () => {
    const prefixes = {
      jobs: /^Job/,
      cluster: /^(Cluster|Singleton)/,
      server: /^(Http|Database)/,
      node: /^(EventLoop|Heap|GarbageCollection)/,
      telemetry: /^Telemetry/
    }
    for (const [group, prefix] of Object.entries(prefixes)) {
      expect(definitions[group as keyof typeof definitions].filter(({ name }) => !prefix.test(name))).toEqual([])
    }
  })
})

describe.runIf(has("promtool"))("alerts, evaluated by promtool", { timeout: 60_000 }, () => {
  it("are valid rules", async () => {
    expect(await promtool("check", "rules", ...ruleFiles)).toMatchObject({ code: 0 })
  })

  describe.concurrent.each(cases)("$alert", (one) => {
    it(`fires when ${one.when}`, async ({ expect }) => {
      expect(await fires(one, ruleFile(one.area))).toBe("as expected")
    })

    it(`is silent when ${one.healthy.when}`, async ({ expect }) => {
      expect(await staysSilent(one, ruleFile(one.area))).toBe("as expected")
    })
  })
})

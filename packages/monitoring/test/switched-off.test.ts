/** An alert that is switched off is nowhere: no rule, no runbook, no link to it. */
import * as FastCheck from "effect/FastCheck"
import { describe, expect, it } from "vitest"
import { definitions } from "../src/alerts.ts"
import { filesOf, forms } from "../src/forms.ts"
import { monitoringOf } from "../src/monitoring.ts"
import { settings } from "../src/repository.ts"
import { files } from "../src/repository/files.ts"
import type { Settings } from "../src/settings.ts"

const names = [...new Set(Object.values(definitions).flatMap((all) => all.map(({ name }) => name)))]

const made = (alerts: Settings["alerts"]): ReadonlyMap<string, string> => {
  const monitoring = monitoringOf({ ...settings, alerts })
  const ofForms = forms.flatMap((form) =>
    [...filesOf(form, monitoring)].map(([name, text]) => [`${form}/${name}`, text] as const)
  )
  return new Map([...ofForms, ...files(monitoring)])
}

/** Where a rule, a page or a link of these alerts is. */
const traces = (all: ReadonlyMap<string, string>, off: ReadonlyArray<string>): ReadonlyArray<string> =>
  [...all].flatMap(([path, content]) =>
    off
      .filter(
        (name) =>
          path.endsWith(`/${name}.md`) ||
          content.includes(`${name}.md`) ||
          content.includes(`[${name}]`) ||
          content.includes(`alert: ${name}\n`) ||
          content.includes(`Runbook: ${name}"`) ||
          (path.endsWith("/runbooks.ts") && content.includes(name))
      )
      .map((name) => `${path}: ${name}`)
  )

describe("alerts that are switched off", () => {
  it("have a rule, a page and links each while they are on", () => {
    const found = traces(made({}), names)
    for (const name of names) {
      expect(found.filter((one) => one.endsWith(`: ${name}`)).length).toBeGreaterThan(3)
    }
  })

  it("have no rule, no page and no link, whichever and however many", () => {
    expect(
      FastCheck.assert(
        FastCheck.property(FastCheck.subarray(names, { minLength: 1 }), (off) => {
          expect(traces(made(Object.fromEntries(off.map((name) => [name, false]))), off)).toEqual([])
        }),
        { numRuns: 8, examples: [[names]] }
      )
    ).toBeUndefined()
  })

  it("leave all others as they were", () => {
    const [before, after] = [made({}), made({ JobQueueStalled: false })]
    expect([...before.keys()].filter((path) => !after.has(path))).toEqual(["markdown/runbooks/JobQueueStalled.md"])
    expect(after.get("markdown/runbooks/SingletonNotRunning.md")).toBe(
      before.get("markdown/runbooks/SingletonNotRunning.md")
    )
  })

  it("are so by window as well, and their page says what is left", () => {
    const all = made({ JobErrorBudgetBurn: { windows: { "1h": false, "3d": false } } })
    const rules = all.get("prometheus/rules/jobs.yaml") ?? ""
    expect([...rules.matchAll(/window: (\w+)$/gm)].map(([, window]) => window)).toEqual(["6h", "1d"])
    const page = all.get("markdown/runbooks/JobErrorBudgetBurn.md") ?? ""
    expect(page).toContain("used at 6 times the sustainable rate over 6 hours or 3 times over 1 day, and")
    expect(page).toContain("Keep the 6h window on")
    const none = { "1h": false, "6h": false, "1d": false, "3d": false } as const
    expect(traces(made({ JobErrorBudgetBurn: { windows: none } }), ["JobErrorBudgetBurn"])).toEqual([])
  })
})

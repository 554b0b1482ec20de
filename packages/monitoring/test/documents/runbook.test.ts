import { expect, it } from "vitest"
import { filesOf } from "../../src/forms.ts"
import { monitoringOf } from "../../src/monitoring.ts"
import { defaults, type Settings } from "../../src/settings.ts"

const severity = (settings: Partial<Settings> = {}) =>
  /\*\*Severity:\*\* (.*)/.exec(
    filesOf("markdown", monitoringOf({ ...defaults, ...settings })).get("runbooks/JobQueueStalled.md") ?? ""
  )?.[1]

it("a runbook has the severity, and the value of its label where that is another", () => {
  expect(severity()).toBe("critical")
  expect(severity({ severities: { critical: "page", warning: "ticket" } })).toBe('critical (`severity="page"`)')
})

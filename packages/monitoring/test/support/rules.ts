/** Rule files of settings, in a folder for as long as a test file runs. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import path from "node:path"
import type { Area } from "../../src/alerts.ts"
import { ruleFile } from "../../src/files/rules.ts"
import { monitoringOf } from "../../src/monitoring.ts"
import { settings as ofRepository } from "../../src/repository.ts"
import type { Settings } from "../../src/settings.ts"

export class RuleFiles {
  private readonly folder = mkdtempSync(path.join(tmpdir(), "monitoring-"))
  private written = 0

  /** The paths of the rule files of this repository with other settings, by area. */
  readonly write = (settings: Partial<Settings>): Readonly<Record<Area, string>> => {
    const monitoring = monitoringOf({ ...ofRepository, ...settings })
    this.written += 1
    const paths = monitoring.groups.map((group) => {
      const file = path.join(this.folder, `${group.name}-${this.written}.yaml`)
      writeFileSync(file, ruleFile(monitoring, group))
      return [group.name, file] as const
    })
    return Object.fromEntries(paths) as Record<Area, string>
  }

  readonly remove = (): void => rmSync(this.folder, { recursive: true, force: true })
}

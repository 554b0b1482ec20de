/** Where the runbook of an alert is read. */
import type { Alert } from "./alerts/alert.ts"
import { definitions } from "./alerts.ts"
import { defaults, type Settings } from "./settings.ts"

const ofLibrary = new Set<string>(Object.values(definitions).flatMap((all) => all.map(({ name }) => name)))

/**
 * The URL of its runbook: where all runbooks are, and its name. None for an alert of one's own while the URL is that of the
 * library's runbooks, which have no page for it.
 */
export const runbookUrl = (
  { name }: Pick<Alert, "name">,
  { runbooks }: Pick<Settings, "runbooks">
): string | undefined => (runbooks === defaults.runbooks && !ofLibrary.has(name) ? undefined : `${runbooks}${name}.md`)

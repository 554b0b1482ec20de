/** The cases of this repository's alerts, evaluated by promtool. */
import { repository } from "../../src/repository.ts"
import type { AlertTest } from "../../src/rule-tests/alert-test.ts"
import { firingTest, silentTest, testFile } from "../../src/rule-tests/promtool.ts"
import { testRules } from "./promtool.ts"

export type Case = AlertTest

/** Silent at every evaluation before it fires, then firing with its text. */
export const fires = (one: Case, rules: string): Promise<string> =>
  testRules(testFile({ rules: [rules], every: one.every ?? 1, tests: [firingTest(repository, one, {})] }))

/** Silent at every evaluation of the healthy twin. */
export const staysSilent = (one: Case, rules: string): Promise<string> =>
  testRules(testFile({ rules: [rules], every: one.every ?? 1, tests: [silentTest(one, {})] }))

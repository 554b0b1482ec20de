/** What is wrong with an alert of one's own: a configuration is run without its types being checked. */
import { defaults } from "../settings.ts"
import type { Alert, AlertDefinition } from "./alert.ts"
import { secondsOf } from "./duration.ts"
import { labelProblems } from "./label-problems.ts"
import { isMap, problem, type Problem, written } from "./problem.ts"

/** The problems of an alert at a path, each in a line; what its own functions throw is one. */
export const ownAlertProblems = (path: string, definition: AlertDefinition): ReadonlyArray<Problem | string> => {
  try {
    return problemsOf(path, definition.made(defaults), definition)
  } catch (error) {
    return [`${path} can't be made: ${error instanceof Error ? error.message : written(error)}`]
  }
}

const problemsOf = (path: string, made: Alert, { thresholds }: AlertDefinition): ReadonlyArray<Problem | string> => {
  const { expression, keepFiringFor = "1m", labels, runbook, severity } = made
  const parts: ReadonlyArray<readonly [name: string, given: unknown, isRight: boolean, expected: string]> = [
    ["severity", severity, ["critical", "warning"].includes(severity), "critical or warning"],
    ["for", made.for, isDuration(made.for), 'a duration such as "10m"'],
    ["keepFiringFor", keepFiringFor, isDuration(keepFiringFor), 'a duration such as "10m"'],
    ["expression", expression, isExpression(expression), "an expression made with counter, gauge and the like"],
    ...(["threshold", "summary", "description"] as const).map(
      (name) => [name, made[name], isText(made[name]), "a text that is not empty"] as const
    ),
    ...Object.entries(thresholds).map(
      ([name, { value }]) => [`thresholds.${name}.value`, value, Number.isFinite(value), "a number"] as const
    ),
    ["runbook", runbook, isRunbook(runbook), "meaning, firstLook, causes, fix and silence"]
  ]
  const wrong = parts.filter(([, , isRight]) => !isRight)
  const own = isExpression(expression) ? expression.labels : []
  return [
    ...wrong.map(([name, given, , expected]) => problem(`${path}.${name}`, given, { expected, fix: "Correct it" })),
    ...labelProblems(`${path}.labels`, labels, new Set([...own, "severity", "alertname"]))
  ]
}

const isText = (given: unknown): boolean => typeof given === "string" && given !== ""

const isDuration = (given: unknown): boolean => typeof given === "string" && secondsOf(given) > 0

/** Whether it is an expression. Another copy of this package may have made it: its class is no sign. */
export const isExpression = (given: unknown): given is Alert["expression"] =>
  typeof given === "object" && given !== null && "node" in given && "labels" in given && Array.isArray(given.labels)

const isRunbook = (given: unknown): boolean =>
  isMap(given) &&
  isText(given["meaning"]) &&
  isText(given["silence"]) &&
  ["firstLook", "causes", "fix"].every((name) => Array.isArray(given[name]))

/** What the option `traces` may be. */
import { written } from "../alerts/problem.ts"
import type { TracesConfig } from "../config.ts"
import { Check, shape, value } from "./check.ts"

const expectedUrl =
  'an http or https URL with {traceId} once, after the host, such as "https://jaeger.example.com/trace/{traceId}"'

// Grafana reads variables of its own in it, and it stands in links.
const isTemplate = (given: string): boolean =>
  /^[Hh][Tt][Tt][Pp][Ss]?:\/\/[^/?#{}\\@]+[/?#][^{}]*\{traceId\}[^{}]*$/.test(given) &&
  URL.canParse(given) &&
  !/[\s<>"`$\\\p{Cc}\p{Surrogate}]|\[\[/u.test(given)

const url = new Check<string>((given, path) =>
  typeof given !== "string" || (!isTemplate(given) && !given.includes("@"))
    ? [`${path} is ${written(given)}, expected ${expectedUrl}`]
    : isTemplate(given)
      ? []
      : // A password is not repeated: what says so may be in the log of a build.
        [`${path} seems to have a user or a password, expected ${expectedUrl}`]
)

const datasource = value<string>(
  'the uid of a data source: at most 40 letters, digits, - and _, such as "tempo"',
  (given) => typeof given === "string" && /^[\w-]{1,40}$/.test(given)
)

const parts = shape<TracesConfig>({ url, datasource })

/** A URL, a data source, or both. */
export const traces = new Check<TracesConfig>((given, path) => {
  const problems = parts.problems(given, path)
  return problems.length === 0 && parts.accepts(given) && given.url === undefined && given.datasource === undefined
    ? [`${path} has neither url nor datasource, expected one of them or both`]
    : problems
})

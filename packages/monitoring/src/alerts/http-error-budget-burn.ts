/** Requests to a route fail more often than its objective allows, in several pairs of windows. */
import { catalogue } from "@parametric-portal/server/observe/catalogue"
import { grown } from "../promql/grown.ts"
import { observations } from "../promql/select.ts"
import { failedRequest, matchedRoute, withError } from "../promql/values.ts"
import { httpBudget } from "../rules/http-budget.ts"
import { recorded } from "../rules/recording.ts"
import type { Settings } from "../settings.ts"
import { alert, number, type Runbook } from "./alert.ts"
import { type Burn, burns, factors, firingRates, keptOn, lastsAt } from "./error-budget.ts"
import { count } from "./text.ts"
import { least } from "./threshold.ts"

const { http } = catalogue

const failed = observations(http.serverRequestDuration, { http_route: matchedRoute, error_type: failedRequest })

const name = "HttpErrorBudgetBurn"

const runbook = (rates: string, settings: Settings): Runbook => ({
  meaning:
    "Each route has an objective: the share of its requests that do not fail, over thirty days. The rest is its error " +
    `budget. The alert fires when the budget is used at ${rates}, and still is in the short window beside it. ` +
    "A request fails when its status is 500 " +
    "or above, or when its response broke off. A request that its client gave up counts as neither good nor bad, a " +
    "status of 400 to 499 is good, and a request that no route matches is in no budget.",
  firstLook: [
    {
      question: "How fast is the budget being used? At 1 it lasts exactly thirty days.",
      query: recorded(httpBudget["1h"].burn)
    },
    {
      question: "How do requests fail, and with which status?",
      query: grown(failed, "1h").sumBy("job", "http_route", "http_response_status_code", "error_type")
    },
    {
      question: "One process or all? One points to its machine or version, all point to the code or a dependency.",
      query: grown(failed, "1h").sumBy("job", "instance", "http_route")
    },
    {
      question: "Do the requests that this service sends fail as well?",
      query: grown(observations(http.clientRequestDuration, { error_type: withError }), "1h").sumBy(
        "job",
        "server_address",
        "error_type"
      )
    }
  ],
  causes: [
    "A dependency is down or slow: requests of this service, or its database operations, fail at the same time.",
    "A release with a bug: failures of one route begin with the rollout.",
    "Too much load: every route fails, and requests in flight, connections or the event loop are at their limit.",
    "A shutdown that doesn't wait for requests: failures for seconds with each rollout."
  ],
  fix: [
    "Find the leading route and error type, then the log lines of these requests.",
    "If a release caused it, roll back.",
    "If a dependency is down, see whether the route can do without it or answer sooner.",
    "If everything fails, look at EventLoopBlocked and DatabaseConnectionsExhausted, and add processes.",
    `If the budget is used slowly and for a good reason, change the objective in \`${settings.source}\`.`
  ],
  silence:
    "Silence by `http_route` and `window`. The long windows may be silenced for days after the cause is fixed, until " +
    `it has left them.${keptOn(name, settings)}`
})

const burnAlert = ({ factor, long, severity, short, ...burn }: Burn) =>
  alert({
    name,
    severity,
    window: long,
    for: burn.for,
    keepFiringFor: "15m",
    thresholds: { ...factors, least: least(10, "failed requests to the route in the window") },
    threshold: (set) => `At least ${count(set.least, "failed request")} to the route in ${long}.`,
    expression: (set) =>
      recorded(httpBudget[long].burn)
        .above(set[factor])
        .and(recorded(httpBudget[short].burn).above(set[factor]))
        .and(recorded(httpBudget[long].bad).atLeast(set.least)),
    summary: (label) => `${label("http_route")} of ${label("job")} uses up its error budget too fast.`,
    description: (label, set) =>
      `In the last ${long} the error budget of ${label("http_route")} was used at ${number} times the sustainable ` +
      `rate; at ${set[factor]} times it is gone in ${lastsAt(set[factor])}. Find out whether one error type leads, and what changed when ` +
      "it began.",
    runbook: (set, settings) => runbook(firingRates(name, set, settings), settings)
  })

/** One rule for each pair of windows, told apart by the label `window`. */
export const httpErrorBudgetBurn = burns.map(burnAlert)

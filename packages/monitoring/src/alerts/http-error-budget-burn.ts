/** Requests to a route fail more often than its objective allows, in four pairs of windows. */
import { catalogue } from "@parametric-portal/server/observe/catalogue"
import { grown } from "../promql/grown.ts"
import { observations } from "../promql/select.ts"
import { failedRequest, matchedRoute, withError } from "../promql/values.ts"
import { httpBudget } from "../rules/http-budget.ts"
import { recorded } from "../rules/recording.ts"
import { alert, number, type Runbook } from "./alert.ts"
import { type Burn, burns } from "./error-budget.ts"

const { http } = catalogue

const failed = observations(http.serverRequestDuration, { http_route: matchedRoute, error_type: failedRequest })

const runbook: Runbook = {
  meaning:
    "Each route has an objective: the share of its requests that do not fail, over thirty days. The rest is its error " +
    "budget. The alert fires when the budget is used at 14.4, 6, 3 or 1 times the sustainable rate over one hour, six " +
    "hours, one day or three days, and still is in the short window beside it. A request fails when its status is 500 " +
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
    "If the budget is used slowly and for a good reason, change the objective in " + "`monitoring.config.ts`."
  ],
  silence:
    "Silence by `http_route` and `window`. The long windows may be silenced for days after the cause is fixed, until " +
    "it has left them. Keep the 1h window on: it shows new trouble."
}

const burnAlert = ({ factor, lasts, long, severity, short, ...burn }: Burn) =>
  alert({
    name: "HttpErrorBudgetBurn",
    severity,
    labels: { window: long },
    for: burn.for,
    keepFiringFor: "15m",
    thresholds: {},
    threshold: `At least ten requests to the route failed in ${long}.`,
    expression: recorded(httpBudget[long].burn)
      .above(factor)
      .and(recorded(httpBudget[short].burn).above(factor))
      .and(recorded(httpBudget[long].bad).atLeast(10)),
    summary: (label) => `${label("http_route")} of ${label("job")} uses up its error budget too fast.`,
    description: (label) =>
      `In the last ${long} the error budget of ${label("http_route")} was used at ${number} times the sustainable ` +
      `rate; at ${factor} times it is gone in ${lasts}. Find out whether one error type leads, and what changed when ` +
      "it began.",
    runbook
  })

/** One rule for each pair of windows, told apart by the label `window`. */
export const httpErrorBudgetBurn = burns.map(burnAlert)

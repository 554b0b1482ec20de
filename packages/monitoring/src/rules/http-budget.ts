/**
 * The error budget of each route: of the requests that it answered, those that failed use it up. A request that its
 * client gave up counts as neither, and one that no route matches is in no budget.
 */
import { catalogue } from "@parametric-portal/server/observe/catalogue"
import { expectedOfRoutes } from "../expected.ts"
import { grown } from "../promql/grown.ts"
import { observations } from "../promql/select.ts"
import { failedRequest, matchedRoute, withoutError } from "../promql/values.ts"
import { allowed, budgetOf } from "./budget.ts"
import { recorded } from "./recording.ts"

const { http } = catalogue

const served = (error_type: typeof failedRequest | typeof withoutError) =>
  observations(http.serverRequestDuration, { http_route: matchedRoute, error_type })

/** The recording rules by window. */
export const httpBudget = budgetOf<"job" | "http_route">({
  good: {
    name: "http_route:http_requests_answered",
    what: "Requests that a route answered without an error",
    grown: (window) => grown(served(withoutError), window).sumBy("job", "http_route")
  },
  bad: {
    name: "http_route:http_requests_failed",
    what: "Requests that failed",
    grown: (window) => grown(served(failedRequest), window).sumBy("job", "http_route")
  },
  share: ["requests that a route answered", "failed"],
  burn: {
    name: "http_route:http_error_budget_burn",
    whose: "a route",
    rate: (share, settings) =>
      expectedOfRoutes(settings, (http_route, { objective }) =>
        recorded(share, { http_route }).dividedBy(allowed(objective))
      )
  }
})

/** Requests to a route take longer than expected of it. */
import { catalogue, clientAbort } from "@parametric-portal/server/observe/catalogue"
import { expectedOfRoutes } from "../expected.ts"
import { buckets, gauge, observations, quantile } from "../promql/select.ts"
import { grown } from "../promql/grown.ts"
import { operationLatency } from "../rules/database.ts"
import { latency, requests } from "../rules/http.ts"
import { recorded } from "../rules/recording.ts"
import { alert, duration } from "./alert.ts"
import { count } from "./text.ts"
import { least } from "./threshold.ts"

const { http, runtime } = catalogue

export const httpLatencyHigh = alert({
  name: "HttpLatencyHigh",
  severity: "warning",
  for: "10m",
  keepFiringFor: "10m",
  thresholds: { least: least(50, "requests to the route in 10 minutes") },
  threshold: (set) =>
    `At least ${count(set.least, "request")} to the route in 10 minutes: a percentile of fewer means little.`,
  expression: (set, settings) =>
    expectedOfRoutes(settings, (http_route, { latency: limit }) => recorded(latency, { http_route }).above(limit)).and(
      recorded(requests).atLeast(set.least)
    ),
  summary: (label) => `Requests to ${label("http_route")} of ${label("job")} are slow.`,
  description: (label) =>
    `One in twenty requests to ${label("http_route")} took longer than ${duration} in the last 10 minutes, which is ` +
    "longer than expected of the route. Check whether the time goes into the database, into another service, or into " +
    "the event loop.",
  runbook: (_, { source }) => ({
    meaning:
      "The 95th percentile of the duration of requests to a route is above its `latency` in " +
      `\`${source}\`. The duration ends with the body of the response, so a route that streams ` +
      "needs an expectation of its own. Failed requests count; those that their client gave up do not, as nobody knows " +
      "how long they would have taken.",
    firstLook: [
      { question: "Which routes are slow?", query: recorded(latency) },
      {
        question: "One process or all?",
        query: quantile(
          0.95,
          buckets(http.serverRequestDuration).rate("10m").sumBy("job", "instance", "http_route", "le")
        )
      },
      { question: "Is it the event loop?", query: gauge(runtime.eventLoopDelayP99) },
      { question: "Is it the database?", query: recorded(operationLatency) },
      {
        question: "Is it another service?",
        query: quantile(0.95, buckets(http.clientRequestDuration).rate("10m").sumBy("job", "server_address", "le"))
      },
      {
        question: "Do clients give up?",
        query: grown(observations(http.serverRequestDuration, { error_type: clientAbort }), "10m").sumBy(
          "job",
          "http_route"
        )
      }
    ],
    causes: [
      "The database or another service is slow: its percentile rises with that of the route.",
      "The event loop is blocked: all routes of one process are slow, see EventLoopBlocked.",
      "Connections are used up: all routes that need one are slow, see DatabaseConnectionsExhausted.",
      "Responses got larger, or clients read them slowly: the body size rises, and nothing in the server is slow."
    ],
    fix: [
      "Find the part that is slow in the queries above, and fix that one.",
      "If one process alone is slow, take a profile, then restart it.",
      "If there is more traffic than before, add processes.",
      `If the route is slow by nature, give it an expectation of its own in \`${source}\`.`
    ],
    silence: "Silence by `http_route`, and no longer than the incident of the dependency."
  })
})

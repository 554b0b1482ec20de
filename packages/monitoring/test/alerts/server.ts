/** The cases of the alerts on requests and databases. */
import { catalogue } from "@parametric-portal/server/observe/catalogue"
import type { Case } from "../support/case.ts"
import { buckets, count, seen, series } from "../support/series.ts"

const { db, http } = catalogue

const route = { http_request_method: "GET", http_route: "/orders/:id", url_scheme: "http" }
const fine = { ...route, http_response_status_code: "200" }
const bad = { ...route, http_response_status_code: "500", error_type: "500" }
const gone = { ...route, error_type: "client_abort" }
const unmatched = {
  http_request_method: "GET",
  url_scheme: "http",
  http_response_status_code: "500",
  error_type: "500"
}

const served = (labels: Readonly<Record<string, string>>, values: string) =>
  count(http.serverRequestDuration, labels, values)

const burning = (severity: string, window: string, text: string) => ({
  labels: { job: "shop", http_route: "/orders/:id", severity, window },
  summary: "/orders/:id of shop uses up its error budget too fast.",
  description: `In the last ${window} the error budget of /orders/:id was used at ${text}. Find out whether one error type leads, and what changed when it began.`
})

const budgetCases: ReadonlyArray<Case> = [
  {
    alert: "HttpErrorBudgetBurn",
    when: "two of a hundred requests fail, where one of a thousand may",
    series: [seen(), served(fine, "0+98x600"), served(bad, "_x420 2+2x180")],
    firesAt: 468,
    firing: [burning("critical", "1h", "16.39 times the sustainable rate; at 14.4 times it is gone in 50 hours")],
    healthy: {
      when: "clients give up as many, and as many that no route matches fail",
      series: [seen(), served(fine, "0+98x600"), served(gone, "_x420 2+2x180"), served(unmatched, "_x420 2+2x180")]
    },
    watch: 540,
    every: 3
  },
  {
    alert: "HttpErrorBudgetBurn",
    when: "eight of a thousand fail for hours",
    series: [seen(), served(fine, "0+992x900"), served(bad, "0+8x900")],
    firesAt: 20,
    firing: [burning("critical", "6h", "8 times the sustainable rate; at 6 times it is gone in 5 days")],
    healthy: {
      when: "the nine requests of a quiet route fail",
      series: [seen(), served(bad, "_x420 9x300")]
    },
    watch: 600,
    every: 5
  },
  {
    alert: "HttpErrorBudgetBurn",
    when: "four of a thousand fail for a day",
    series: [seen(), served(fine, "0+996x1600"), served(bad, "0+4x1600")],
    firesAt: 65,
    firing: [burning("warning", "1d", "4 times the sustainable rate; at 3 times it is gone in 10 days")],
    healthy: {
      when: "two of ten thousand do",
      series: [seen(), served(fine, "0+9998x1600"), served(bad, "0+2x1600")]
    },
    watch: 1500,
    every: 5
  },
  {
    alert: "HttpErrorBudgetBurn",
    when: "two of a thousand fail for three days",
    series: [seen(), served(fine, "0+998x4500"), served(bad, "0+2x4500")],
    firesAt: 210,
    firing: [burning("warning", "3d", "2 times the sustainable rate; at 1 times it is gone in 30 days")],
    healthy: {
      when: "a route of which less is expected does the same",
      series: [
        seen(),
        served({ ...fine, http_route: "/reports" }, "0+998x4500"),
        served({ ...bad, http_route: "/reports" }, "0+2x4500")
      ]
    },
    watch: 4400,
    every: 30
  }
]

/** So many requests a minute that take up to a second, and up to ten. */
const requests = (labels: Readonly<Record<string, string>>, quick: string, all: string) => [
  served(labels, all),
  ...buckets(http.serverRequestDuration, labels, { "0.1": "0x60", "1": quick, "10": all, "+Inf": all })
]

const select = { db_system_name: "postgresql", db_operation_name: "SELECT", db_collection_name: "orders" }

const statements = (quick: string, all: string) => [
  count(db.clientOperationDuration, select, all),
  ...buckets(db.clientOperationDuration, select, { "0.1": "0x60", "1": quick, "10": all, "+Inf": all })
]

const pool = { db_client_connection_pool_name: "orders" }

const connections = (used: string, pending: string) => [
  series(db.clientConnectionCount, { ...pool, db_client_connection_state: "used" }, used),
  series(db.clientConnectionCount, { ...pool, db_client_connection_state: "idle" }, "0x60"),
  series(db.clientConnectionMax, pool, "10x60"),
  series(db.clientConnectionPendingRequests, pool, pending)
]

export const serverCases: ReadonlyArray<Case> = [
  ...budgetCases,
  {
    alert: "HttpLatencyHigh",
    when: "a tenth of the requests takes seconds from the twentieth minute on",
    series: [seen(), ...requests(fine, "0+10x20 209+9x40", "0+10x60")],
    firesAt: 36,
    firing: [
      {
        labels: { job: "shop", http_route: "/orders/:id", severity: "warning" },
        summary: "Requests to /orders/:id of shop are slow.",
        description:
          "One in twenty requests to /orders/:id took longer than 5.5s in the last 10 minutes, which is longer than expected of the route. Check whether the time goes into the database, into another service, or into the event loop."
      }
    ],
    healthy: {
      when: "as many do of four requests a minute, of a route that may take ten seconds, and of what clients gave up",
      series: [
        seen(),
        ...requests(fine, "0x60", "0+4x60"),
        ...requests({ ...fine, http_route: "/reports" }, "0x60", "0+10x60"),
        ...requests({ ...gone, http_route: "/live" }, "0x60", "0+10x60")
      ]
    }
  },
  {
    alert: "DatabaseSlow",
    when: "a tenth of the statements takes seconds from the twentieth minute on",
    series: [seen(), ...statements("0+10x20 209+9x40", "0+10x60")],
    firesAt: 36,
    firing: [
      {
        labels: { job: "shop", db_system_name: "postgresql", db_operation_name: "SELECT", severity: "warning" },
        summary: "SELECT on postgresql of shop is slow.",
        description:
          "One in twenty SELECT operations on postgresql took longer than 5.5s in the last 10 minutes. Check whether they wait for a connection or for the database."
      }
    ],
    healthy: { when: "all of four statements a minute do", series: [seen(), ...statements("0x60", "0+4x60")] }
  },
  {
    alert: "DatabaseConnectionsExhausted",
    when: "all are used, and somebody waits all the time",
    series: connections("8x10 10x50", "0x10 3x50"),
    firesAt: 23,
    firing: [
      {
        labels: { job: "shop", instance: "one", db_client_connection_pool_name: "orders", severity: "critical" },
        summary: "All database connections of one of shop are used.",
        description:
          "All 10 connections of the pool orders of one have been used for 10 minutes while others wait for one. Check whether statements or transactions got slower; if not, enlarge the pool."
      }
    ],
    healthy: {
      when: "all are used, and somebody waits now and then",
      series: connections("8x10 10x50", "0x10 3 0 3 0 3 0 3 0 0x42")
    }
  }
]

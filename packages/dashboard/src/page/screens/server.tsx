/** The requests of servers, their databases, calls of RPCs, and the event loop under them. */
import { chartScreen, type LiveChart, quantiles } from "../charts/live-charts.tsx"

/** It stands on the screen Node too. */
export const delay: LiveChart = {
  chart: "delay",
  title: "Event loop delay",
  hint: "of the slowest process",
  unit: "s",
  names: ["p50", "p99", "max"]
}

export const Server = chartScreen(
  [
    {
      chart: "requests",
      title: "Requests",
      hint: "per second, by status",
      unit: "",
      names: ["2xx", "3xx", "4xx", "5xx"]
    },
    { chart: "errors", title: "Errors", hint: "per second, by route", unit: "", names: [] },
    { chart: "requestTime", title: "Request time", hint: "until the body's end", unit: "s", names: quantiles },
    { chart: "inFlight", title: "In flight", hint: "requests", unit: "", names: ["received", "sent"] },
    delay,
    { chart: "operations", title: "Database operations", hint: "per second, by name", unit: "", names: [] },
    { chart: "operationTime", title: "Operation time", hint: "wait included", unit: "s", names: quantiles },
    { chart: "calls", title: "RPC calls", hint: "per second, by method", unit: "", names: [], isOptional: true },
    {
      chart: "callTime",
      title: "Call time",
      hint: "of a stream until its end",
      unit: "s",
      names: quantiles,
      isOptional: true
    }
  ],
  "Server.layer"
)

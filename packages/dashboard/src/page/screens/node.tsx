/** Where the time and the memory of processes go. */
import { chartScreen } from "../charts/live-charts.tsx"
import { delay } from "./server.tsx"

export const Node = chartScreen(
  [
    delay,
    { chart: "utilization", title: "Event loop utilization", hint: "from 0 to 1", unit: "", names: [] },
    { chart: "heap", title: "Heap", hint: "of the largest process", unit: "By", names: ["used", "limit"] },
    { chart: "garbage", title: "Garbage collection", hint: "time a second, by type", unit: "s", names: [] },
    { chart: "memory", title: "Memory", hint: "of the largest process", unit: "By", names: ["resident", "external"] },
    { chart: "processor", title: "Processor", hint: "time a second", unit: "s", names: ["user", "system"] },
    {
      chart: "pools",
      title: "Pools",
      hint: "items and requests",
      unit: "",
      names: ["used", "waiting"],
      isOptional: true
    },
    {
      chart: "caches",
      title: "Caches",
      hint: "requests a second",
      unit: "",
      names: ["hits", "misses"],
      isOptional: true
    }
  ],
  "RuntimeMetrics.layer"
)

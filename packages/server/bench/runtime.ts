/**
 * What watching an idle process costs it: `observe/runtime` exported each 10 seconds, and prom-client's default metrics
 * scraped as often. Each is a process of its own, and so is one that does nothing; they run at the same time.
 */
import { fork } from "node:child_process"
import { once } from "node:events"
import { fileURLToPath } from "node:url"
import { claim, type Result } from "./harness.ts"
import { startCollector } from "./signals/start-collector.ts"

const subjects = ["ours", "prom-client", "nothing"] as const

type Name = (typeof subjects)[number]

/**
 * How long what starting a process leaves to do is not measured, and how long is measured. V8 collects what is left of the
 * start once a process has been idle for a while, which was seen 24 to 26 seconds after it: three collections of the heap.
 */
const [warmUpMs, measuredMs] = [40_000, 60_000]

interface Subject {
  readonly name: Name
  readonly cpuMs: () => Promise<number>
  readonly end: () => void
}

/** Measures `runtime_idle_cpu`. */
export const measure = async (): Promise<ReadonlyArray<Result>> => {
  const collector = await startCollector("acknowledges")
  const started = await Promise.all(subjects.map((name) => start(name, collector.url)))
  await pause(warmUpMs)
  const before = await Promise.all(started.map(({ cpuMs }) => cpuMs()))
  await pause(measuredMs)
  const after = await Promise.all(started.map(({ cpuMs }) => cpuMs()))
  const exported = await collector.received("/v1/metrics", 50)
  started.forEach(({ end }) => end())
  collector.end()
  claim("metrics were exported again and again", exported >= 100 ? 1 : 0, 1)
  const cost = (name: Name): number => {
    const index = subjects.indexOf(name)
    return (after[index] ?? Number.NaN) - (before[index] ?? Number.NaN)
  }
  return [
    { name: "runtime_idle_cpu", value: cost("ours") / cost("prom-client"), unit: "ratio", samples: 1 },
    ...subjects.map((name) => ({ name: `runtime.${name}`, value: cost(name), unit: "ms/min", samples: 1 }))
  ]
}

const start = async (name: Name, collector: string): Promise<Subject> => {
  const child = fork(fileURLToPath(new URL(`./runtime/${name}.js`, import.meta.url)), [collector], { execArgv: [] })
  process.once("exit", () => child.kill())
  const [url] = await once(child, "message")
  const scrapes = typeof url === "string" && url !== "" ? setInterval(() => void scrape(url), 10_000) : undefined
  return {
    name,
    cpuMs: async () => {
      child.send("how much")
      const [ms] = await once(child, "message")
      return Number(ms)
    },
    end: () => {
      clearInterval(scrapes)
      child.kill()
    }
  }
}

const scrape = async (url: string): Promise<void> => {
  const page = await (await fetch(url)).text()
  claim("the page has the default metrics", page.includes("nodejs_eventloop_lag_p99_seconds") ? 1 : 0, 1)
}

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))

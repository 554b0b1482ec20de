/**
 * What the page and its server hold with 10,000 series that all change each second, and by how much that grows in an hour.
 * It takes 20 minutes, or as many as `--minutes` says.
 */
import path from "node:path"
import type { Result } from "./harness.ts"
import { build } from "./page.ts"
import { heapOf, launch, openScreen } from "./page/browser.ts"
import { startPage } from "./page/process.ts"
import { startSender } from "./page/sender.ts"

const series = 10_000

const minutes = Number(process.env["BENCH_MINUTES"] ?? 20)

/** The share of the time in which what is kept for minutes fills up, and nothing is measured. */
const warmUp = 0.25

/** How often both are asked. */
const samples = 40

interface Sample {
  readonly ms: number
  readonly page: number
  readonly server: number
}

/** Measures `page_memory_mb_per_hour`. */
export const measure = async (): Promise<ReadonlyArray<Result>> => {
  const server = await startPage(path.join(build(), "dashboard.js"))
  const sender = await startSender(server.url, series)
  const browser = await launch()
  try {
    const page = await openScreen(browser, `${server.url}#/overview`, ".chart .legend b")
    const heapOfPage = await heapOf(page)
    await pause(minutes * 60_000 * warmUp)
    const seen: Array<Sample> = []
    for (let sample = 0; sample < samples; sample++) {
      await pause((minutes * 60_000 * (1 - warmUp)) / samples)
      seen.push({ ms: performance.now(), page: await heapOfPage(), server: await server.heap() })
    }
    const [ofPage, ofServer] = [growth(seen, "page"), growth(seen, "server")]
    const last = seen.at(-1)
    return [
      { name: "page_memory_mb_per_hour", value: Math.max(ofPage, ofServer), unit: "MB/h", samples },
      { name: "page-memory.page, growth", value: ofPage, unit: "MB/h", samples },
      { name: "page-memory.server, growth", value: ofServer, unit: "MB/h", samples },
      { name: "page-memory.page, held", value: (last?.page ?? Number.NaN) / 1e6, unit: "MB", samples: 1 },
      { name: "page-memory.server, held", value: (last?.server ?? Number.NaN) / 1e6, unit: "MB", samples: 1 }
    ]
  } finally {
    await browser.close()
    await sender.stop()
    await server.stop()
  }
}

/** Megabytes an hour: the slope of the line through the samples with the least squares. */
const growth = (seen: ReadonlyArray<Sample>, of: "page" | "server"): number => {
  const mean = (value: (sample: Sample) => number): number =>
    seen.reduce((sum, sample) => sum + value(sample), 0) / seen.length
  const [ms, bytes] = [mean((sample) => sample.ms), mean((sample) => sample[of])]
  const both = mean((sample) => (sample.ms - ms) * (sample[of] - bytes))
  return ((both / mean((sample) => (sample.ms - ms) ** 2)) * 3_600_000) / 1e6
}

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))

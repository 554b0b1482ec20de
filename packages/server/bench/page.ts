/**
 * The live page of `packages/dashboard`, as it is published, in a process of its own: how large it is, how it draws in a
 * browser, what a tick takes on the wire, and what a viewer costs its server over receiving alone, with 10,000 series that all change each second.
 */
import { execFileSync } from "node:child_process"
import { createRequire } from "node:module"
import path from "node:path"
import { pathToFileURL } from "node:url"
import { median, type Result } from "./harness.ts"
import { measurePictures } from "./page/pictures.ts"
import { startPage } from "./page/process.ts"
import { startSender } from "./page/sender.ts"
import { watchFor } from "./page/viewer.ts"

const series = 10_000

/** Rounds without a viewer and with one, in turns. */
const rounds = 8

const roundMs = 8_000

/** What of `@parametric-portal/dashboard/page-files` is used. */
interface PageFiles {
  readonly readPageFiles: () => ReadonlyMap<string, { readonly body: Uint8Array; readonly gzip?: Uint8Array }>
}

/** Builds the package; where its `dist` is. */
export const build = (): string => {
  const folder = path.dirname(createRequire(import.meta.url).resolve("@parametric-portal/dashboard/package.json"))
  const root = path.join(folder, "../..")
  execFileSync(path.join(root, "node_modules/.bin/nx"), ["run", "dashboard:build"], { cwd: root, stdio: "ignore" })
  return path.join(folder, "dist")
}

/** Measures all figures of the page but that of its memory. */
export const measure = async (): Promise<ReadonlyArray<Result>> => {
  const dist = build()
  const { readPageFiles }: PageFiles = await import(pathToFileURL(path.join(dist, "page-files.js")).href)
  const files = readPageFiles()
  const gzipped = Array.from(files.values()).reduce((sum, { body, gzip }) => sum + (gzip ?? body).length, 0)
  const program = path.join(dist, "dashboard.js")
  return [
    { name: "page_gzip_kb", value: gzipped / 1_000, unit: "kB", samples: 1 },
    ...(await measurePictures(program)),
    ...(await measureTicks(program))
  ]
}

const measureTicks = async (program: string): Promise<ReadonlyArray<Result>> => {
  const page = await startPage(program)
  const sender = await startSender(page.url, series)
  const alone: Array<number> = []
  const watched: Array<number> = []
  const ticks: Array<number> = []
  const changed: Array<number> = []
  // What is compiled and what grows at first is not of a round.
  await pause(4_000)
  await watchFor(page.url, 4_000)
  for (let round = 0; round < rounds; round++) {
    const isWatched = round % 4 === 1 || round % 4 === 2
    const before = page.processorMs()
    const started = performance.now()
    if (isWatched) {
      const seen = await watchFor(page.url, roundMs)
      ticks.push(...seen.tickBytes)
      changed.push(...seen.valuesInTicks)
    } else {
      await pause(roundMs)
    }
    const percent = ((page.processorMs() - before) / (performance.now() - started)) * 100
    ;(isWatched ? watched : alone).push(percent)
  }
  await sender.stop()
  await page.stop()
  if (median(changed) < series) {
    throw new Error(`only ${median(changed)} of ${series} series changed in a tick`)
  }
  return [
    { name: "page_tick_kb", value: median(ticks) / 1_000, unit: "kB", samples: ticks.length },
    { name: "page_viewer_cpu_percent", value: median(watched) - median(alone), unit: "%", samples: rounds },
    { name: "page.receiving alone", value: median(alone), unit: "%", samples: rounds / 2 }
  ]
}

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))

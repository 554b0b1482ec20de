/** `page_first_picture_ms` and `page_frame_p95_ms`, each with a server and a program of its own. */
import type { Browser } from "playwright-core"
import { median, type Result } from "../harness.ts"
import { firstPictureMs, framesFor, launch, openScreen } from "./browser.ts"
import { startPage } from "./process.ts"
import { startSender } from "./sender.ts"

const openings = 15
const frameSeconds = 15

export const measurePictures = async (program: string): Promise<ReadonlyArray<Result>> => {
  const browser = await launch()
  try {
    return [
      ...(await withSender(program, 200, (url) => pictures(browser, url))),
      ...(await withSender(program, 10_000, (url) => frames(browser, url)))
    ]
  } finally {
    await browser.close()
  }
}

const withSender = async <A>(program: string, series: number, measure: (url: string) => Promise<A>): Promise<A> => {
  const page = await startPage(program)
  const sender = await startSender(page.url, series)
  try {
    // Lines begin with the second point.
    await new Promise((resolve) => setTimeout(resolve, 5_000))
    return await measure(page.url)
  } finally {
    await sender.stop()
    await page.stop()
  }
}

const pictures = async (browser: Browser, url: string): Promise<ReadonlyArray<Result>> => {
  const times: Array<number> = []
  // The first opening, in which the browser itself warms up, does not count.
  for (let opening = 0; opening <= openings; opening++) {
    times.push(await firstPictureMs(browser, url))
  }
  const counted = times.slice(1)
  return [
    {
      name: "page_first_picture_ms",
      value: median(counted),
      unit: "ms",
      samples: openings,
      range: [Math.min(...counted), Math.max(...counted)]
    }
  ]
}

const frames = async (browser: Browser, url: string): Promise<ReadonlyArray<Result>> => {
  const series = await openScreen(browser, `${url}#/series`, ".rows .row")
  await series.getByRole("button", { name: "Open all" }).click()
  // Up and down through all rows.
  const ofSeries = await framesFor(
    series,
    frameSeconds,
    "globalThis.step = scrollY + innerHeight >= document.documentElement.scrollHeight - 1 ? -120 : scrollY < 1 ? 120 : globalThis.step; scrollBy(0, globalThis.step)"
  )
  await series.close()
  const overview = await openScreen(browser, `${url}#/overview`, ".chart .legend b")
  const ofOverview = await framesFor(overview, frameSeconds)
  await overview.close()
  const unit = "ms"
  return [
    {
      name: "page_frame_p95_ms",
      value: Math.max(ofSeries.p95, ofOverview.p95),
      unit,
      samples: ofSeries.count + ofOverview.count
    },
    { name: "page.series, p95", value: ofSeries.p95, unit, samples: ofSeries.count },
    { name: "page.series, longest frame", value: ofSeries.longest, unit, samples: ofSeries.count },
    { name: "page.overview, p95", value: ofOverview.p95, unit, samples: ofOverview.count },
    { name: "page.overview, longest frame", value: ofOverview.longest, unit, samples: ofOverview.count }
  ]
}

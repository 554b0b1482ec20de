/** The page in Debian's Chromium: how soon it shows a picture, how long its frames take, and what it holds in memory. */
import { type Browser, chromium, type Page } from "playwright-core"

/** How long the slowest of a hundred frames but five took, and the longest of all; in milliseconds. */
export interface Frames {
  readonly p95: number
  readonly longest: number
  readonly count: number
}

const size = { width: 1440, height: 900 }

export const launch = (): Promise<Browser> =>
  chromium.launch({ executablePath: "/usr/bin/chromium", args: ["--no-sandbox", "--disable-dev-shm-usage"] })

/**
 * From the start of the navigation to the end of the first frame in which all charts are drawn. It is asked for before each
 * frame; the frame that has them has been shown when the next one begins.
 */
const watchForCharts = `globalThis.firstPicture = new Promise((resolve) => {
  const isDrawn = (canvas) =>
    canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data.some((part) => part !== 0)
  const look = () => {
    const canvases = [...document.querySelectorAll(".chart canvas")]
    const areThere = canvases.length > 0 && document.querySelector(".chart .legend b") !== null
    requestAnimationFrame(areThere ? (now) => resolve([now, canvases.filter(isDrawn).length]) : look)
  }
  requestAnimationFrame(look)
})`

/** The time of the first picture in a new profile, with nothing cached. */
export const firstPictureMs = async (browser: Browser, url: string): Promise<number> => {
  const context = await browser.newContext({ viewport: size })
  const page = await context.newPage()
  await page.addInitScript(watchForCharts)
  await page.goto(url)
  const [time, charts]: [number, number] = await page.evaluate("globalThis.firstPicture")
  await context.close()
  if (charts !== 6) {
    throw new Error(`${charts} charts were drawn, and not six`)
  }
  return time
}

/** Opens a screen and waits until it shows something that arrived. */
export const openScreen = async (browser: Browser, url: string, seen: string): Promise<Page> => {
  const page = await browser.newPage({ viewport: size })
  await page.goto(url)
  await page.locator(seen).first().waitFor()
  return page
}

/** The frames of some seconds, in which the page does in each frame what is given. */
export const framesFor = async (page: Page, seconds: number, each = ""): Promise<Frames> => {
  const frames: ReadonlyArray<number> = await page.evaluate(`new Promise((resolve) => {
    const frames = []
    let begin, last
    const frame = (now) => {
      begin ??= now
      if (last !== undefined) frames.push(now - last)
      last = now
      ${each}
      now - begin < ${seconds * 1000} ? requestAnimationFrame(frame) : resolve(frames)
    }
    requestAnimationFrame(frame)
  })`)
  const sorted = [...frames].sort((one, other) => one - other)
  return {
    p95: sorted[Math.floor(sorted.length * 0.95)] ?? Number.NaN,
    longest: sorted.at(-1) ?? Number.NaN,
    count: sorted.length
  }
}

/** What a page holds after a full collection, in bytes. */
export const heapOf = async (page: Page): Promise<() => Promise<number>> => {
  const session = await page.context().newCDPSession(page)
  return async () => {
    await session.send("HeapProfiler.collectGarbage")
    const { usedSize, ...others } = await session.send("Runtime.getHeapUsage")
    return (
      usedSize + Object.entries(others).reduce((sum, [name, bytes]) => (name === "totalSize" ? sum : sum + bytes), 0)
    )
  }
}

/**
 * Debian's Chromium for tests of the page. What the page must never do is collected while it is open: errors on the
 * console, violations of its content security policy, requests to another origin.
 */
import { createRequire } from "node:module"
import { readFileSync } from "node:fs"
import { type Browser, type BrowserContext, type Page, chromium } from "playwright-core"

/** How a page is opened. */
export interface View {
  readonly url: string
  /** In CSS pixels; 1440 if it does not matter. */
  readonly width?: number
  readonly height?: number
  readonly theme?: "light" | "dark"
}

/** A page that is open, and what it did that it must not do. */
export interface Opened {
  readonly page: Page
  /** Refusals that a test provokes are in it too, as `403 jobs/summary`. */
  readonly problems: Array<string>
  readonly close: () => Promise<void>
}

/** Fails where there is no Chromium: nothing is skipped. */
export const launch = (): Promise<Browser> =>
  chromium.launch({
    executablePath: "/usr/bin/chromium",
    // A process for each page takes longer to start than most tests.
    args: ["--no-sandbox", "--disable-dev-shm-usage", "--process-per-site"]
  })

/** Opens an address in a page of its own; each server has a port, and thus an origin, of its own. */
export const open = async (browser: Browser, view: View): Promise<Opened> => {
  const { height = 900, theme = "light", url, width = 1440 } = view
  const context = await contextOf(browser, theme)
  const page = await context.newPage()
  await page.setViewportSize({ width, height })
  const problems = collect(page, new URL(url))
  await page.goto(url)
  return { page, problems, close: () => page.close() }
}

/** Making one takes as long as a test: there is one for each theme. */
const contextOf = async (browser: Browser, colorScheme: "light" | "dark"): Promise<BrowserContext> => {
  const at = colorScheme === "light" ? 0 : 1
  while (browser.contexts().length <= at) {
    const made = await browser.newContext({
      colorScheme: browser.contexts().length === 0 ? "light" : "dark",
      reducedMotion: "reduce",
      locale: "en-GB",
      timezoneId: "Europe/Berlin"
    })
    made.setDefaultTimeout(10_000)
  }
  const context = browser.contexts()[at]
  if (context === undefined) {
    throw new Error("The browser was closed.")
  }
  return context
}

const collect = (page: Page, base: URL): Array<string> => {
  const problems: Array<string> = []
  page.on("pageerror", (error) => problems.push(`error: ${error.message}`))
  page.on("console", (message) => {
    if (["error", "warning"].includes(message.type()) && !message.text().startsWith("Failed to load resource")) {
      problems.push(`console: ${message.text()}`)
    }
  })
  page.on("response", (response) => {
    if (response.status() >= 400) {
      problems.push(`${response.status()} ${response.url().slice(new URL("./", base).href.length)}`)
    }
  })
  page.on("request", (request) => {
    if (new URL(request.url()).origin !== base.origin) {
      problems.push(`request to another origin: ${request.url()}`)
    }
  })
  return problems
}

const axeSource = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8")

/** What axe finds on the page as it is now, a line for each element. */
export const axeViolations = async (page: Page): Promise<ReadonlyArray<string>> => {
  if ((await page.evaluate("typeof axe")) === "undefined") {
    await page.evaluate(axeSource)
  }
  const found: ReadonlyArray<Violation> = await page.evaluate(
    `axe.run({ resultTypes: ["violations"] }).then(({ violations }) => violations)`
  )
  return found.flatMap(({ help, id, nodes }) => nodes.map(({ html }) => `${id}: ${help}: ${html.slice(0, 200)}`))
}

interface Violation {
  readonly id: string
  readonly help: string
  readonly nodes: ReadonlyArray<{ readonly html: string }>
}

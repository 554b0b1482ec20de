/** The page of a demo with traces: from a job to the trace of its attempt, and to the log lines of that. */
import type { Browser } from "playwright-core"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { axeViolations, launch, open, type Opened } from "../browser/chromium.ts"
import { take, takeCharts } from "./pictures.ts"
import { type RunningDemo, startDemo } from "./running-demo.ts"

describe("the page of a demo with traces", { timeout: 300_000 }, () => {
  let demo: RunningDemo
  let browser: Browser
  let opened: Opened

  beforeAll(async () => {
    demo = startDemo("--traces", "--runners", "2")
    browser = await launch()
    const [, url = ""] = await demo.until(/Open (\S+) to see/)
    opened = await open(browser, { url })
    opened.page.setDefaultTimeout(60_000)
    await demo.until(/For a trace and its log lines: /)
    await demo.until(/All jobs are done/)
  }, 300_000)

  afterAll(async () => {
    await browser?.close()
    demo?.kill()
  })

  it("leads from a dead job to its attempts and to the log lines of each", async () => {
    const { page } = opened
    await page.evaluate("location.hash = '#/jobs?state=dead'")
    await page.locator("[data-row]").first().click()
    await page.getByRole("region", { name: "Facts" }).getByRole("link").first().click()
    await page.getByRole("heading", { name: /^submit / }).waitFor()
    const linked = page.getByRole("region", { name: "Linked" })
    await expect.poll(() => linked.textContent(), { timeout: 30_000 }).toMatch(/^Linkedsubmitted in.*attempt 1/)
    await linked.getByRole("link", { name: "attempt 1" }).first().click()
    await page.getByRole("heading", { name: /^process / }).waitFor()
    const spans = page.locator("[aria-labelledby=spans] summary")
    // Its work is below it, and on another process than the submit.
    await expect.poll(async () => (await spans.allTextContents()).join("\n")).toContain("job.attempt")
    expect(await spans.first().textContent()).toMatch(/^process \w+ error consumer job-server runner-\d/)
    const lines = page.locator("[aria-labelledby=logs] summary")
    await expect.poll(async () => (await lines.allTextContents()).join("\n")).toContain("The attempt ended")
    await lines.first().click()
    await takeCharts(page, "trace")
    expect(await axeViolations(page)).toEqual([])
    await page.getByRole("link", { name: /^Job / }).click()
    await page.getByRole("heading", { name: "Timeline" }).waitFor()
    expect(opened.problems).toEqual([])
  })

  it("leads from the highest dot of a heat map to the attempt at a job that took so long, and to its log lines", async () => {
    const { page } = opened
    await page.evaluate("location.hash = '#/series/jobs_processing_seconds?q=operation%3Dprocess'")
    // The one that Tab reaches is the highest.
    await page.locator("a.dot[tabindex='0']").press("Enter")
    await page.getByRole("heading", { name: /^process \w+/ }).waitFor()
    const lines = page.locator("[aria-labelledby=logs] summary")
    await expect.poll(async () => (await lines.allTextContents()).join("\n")).toContain("The attempt ended")
    expect(await page.getByRole("region", { name: "Linked" }).getByRole("listitem").first().textContent()).toMatch(
      /^submitted in/
    )
    await page.getByRole("link", { name: /^Job / }).click()
    await page.getByRole("heading", { name: "Timeline" }).waitFor()
    expect(opened.problems).toEqual([])
  })

  it("leads from failures in a histogram to the line of code that one of them came from", async () => {
    const { page } = opened
    await page.evaluate("location.hash = '#/series/jobs_processing_seconds?q=outcome=failure+job_type=parse'")
    await page.getByRole("button", { name: "1", exact: true }).click()
    const dot = page.locator("a.dot[tabindex='0']")
    await dot.waitFor()
    const heatMap = page.locator("section.chart", { hasText: "dots are exemplars" })
    await heatMap.scrollIntoViewIfNeeded()
    const clip = await heatMap.boundingBox()
    await take(page, "incident-bucket", clip === null ? {} : { clip })
    await dot.press("Enter")
    await page.getByRole("heading", { name: /^process \w+/ }).waitFor()
    const spans = page.locator("[aria-labelledby=spans]")
    await expect.poll(() => spans.locator("summary").count()).toBeGreaterThan(1)
    await spans.locator("summary").first().click()
    expect(await spans.textContent()).toMatch(/exception event.*WorkFailed: .*work\.ts:\d+/s)
    await takeCharts(page, "incident-attempt")
    expect(opened.problems).toEqual([])
  })

  it("does not trace what the page itself asks", async () => {
    const { page } = opened
    await page.evaluate("location.hash = '#/trace?q=http.server'")
    await page.getByRole("heading", { name: /^Traces/ }).waitFor()
    const names = await page.locator("tbody tr td:nth-child(2)").allTextContents()
    expect(names.filter((name) => name.includes("GET"))).toEqual([])
  })
})

import type { Browser, Page } from "playwright-core"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { axeViolations, launch, open, type Opened } from "../browser/chromium.ts"
import { areWanted, take, takeCharts } from "./pictures.ts"
import { type RunningDemo, startDemo } from "./running-demo.ts"

/** The charts of a picture are as long as the demo has run. */
const showOneMinute = async (page: Page): Promise<void> => {
  if (areWanted) {
    await page.getByRole("button", { name: "1", exact: true }).click()
  }
}

const goTo = (page: Page, hash: string) => page.evaluate(`location.hash = ${JSON.stringify(hash)}`)

/** The number before a word of the law, as in "139 accepted". */
const numberOf = async (page: Page, word: string): Promise<number> => {
  const text = await page.locator(".law dl > div", { hasText: word }).first().innerText()
  return Number(text.replaceAll(/[^0-9]/g, ""))
}

describe("the page of a demo with three runners, one of which is killed", { timeout: 300_000 }, () => {
  let demo: RunningDemo
  let browser: Browser
  let opened: Opened
  let page: Page

  beforeAll(async () => {
    demo = startDemo("--runners", "3", "--kill-one")
    browser = await launch()
    const [, url = ""] = await demo.until(/Open (\S+) to see/)
    opened = await open(browser, { url })
    page = opened.page
    page.setDefaultTimeout(60_000)
    await demo.until(/Killed runner-3/)
    await demo.until(/All jobs are done/)
  }, 300_000)

  afterAll(async () => {
    await browser?.close()
    demo?.kill()
  })

  it("says which processes report, and which one does not any more", async () => {
    const processes = page.getByRole("region", { name: "Processes" })
    await processes.getByText("runner-3").waitFor()
    await processes.getByText("stopped reporting").waitFor()
    const rows = await processes.locator("tbody tr").allInnerTexts()
    expect(rows.map((row) => [row.match(/front|runner-\d/)?.[0], /stopped reporting/.test(row)]).toSorted()).toEqual([
      ["front", false],
      ["runner-1", false],
      ["runner-2", false],
      ["runner-3", true]
    ])
  })

  it("shows that every job is somewhere, and goes on as jobs come in", async () => {
    const before = await numberOf(page, "accepted")
    await expect.poll(() => numberOf(page, "accepted"), { timeout: 30_000 }).toBeGreaterThan(before + 5)
    if (areWanted) {
      await showOneMinute(page)
      await page.waitForTimeout(65_000)
    }
    await take(page, "overview")
    expect(before).toBeGreaterThan(100)
  })

  it("shows the distribution of a metric", async () => {
    await goTo(page, "#/series?q=jobs_")
    await page.getByText("jobs_processing_seconds").first().waitFor()
    await take(page, "series")
    await goTo(page, "#/series/jobs_processing_seconds")
    await page.getByRole("heading", { name: "jobs_processing_seconds" }).waitFor()
    await page.getByText("Distribution").waitFor()
    await showOneMinute(page)
    await page.waitForTimeout(1500)
    await take(page, "metric")
    expect(await axeViolations(page)).toEqual([])
  })

  it("shows how the receiver is", async () => {
    await goTo(page, "#/health")
    await page.getByText("all acknowledged").waitFor()
    await take(page, "health")
    expect(await axeViolations(page)).toEqual([])
  })

  it("shows the requests of the server, its database, and the processes under them", async () => {
    await goTo(page, "#/server")
    await page.getByText("Database operations").waitFor()
    await showOneMinute(page)
    await page.waitForTimeout(1500)
    await takeCharts(page, "server")
    expect(await axeViolations(page)).toEqual([])
    await goTo(page, "#/node")
    await page.getByText("Garbage collection").first().waitFor()
    await showOneMinute(page)
    await page.waitForTimeout(1500)
    await takeCharts(page, "node")
    expect(await axeViolations(page)).toEqual([])
  })

  it("replays and deletes dead letters, in the tables and in the metrics", async () => {
    await goTo(page, "#/overview")
    const [dead, replayed] = [await numberOf(page, "dead"), await numberOf(page, "replayed")]
    await goTo(page, "#/jobs?state=dead&type=parse&order=oldest")
    await page.getByRole("link", { name: /\d+ dead of type parse/ }).waitFor()
    await page
      .getByRole("button", { name: /^Replay job/ })
      .first()
      .click()
    await page.getByRole("status", { name: "What was done" }).getByText("Replayed").waitFor()
    await page
      .getByRole("button", { name: /^Delete job/ })
      .first()
      .click()
    await page
      .getByRole("dialog")
      .getByRole("button", { name: /Delete/ })
      .click()
    await page.getByRole("status", { name: "What was done" }).getByText("Deleted").waitFor()
    // Rows are held where they are under the pointer; the offer to show what is there now would cover one of them.
    const held = page.getByRole("button", { name: / · show$/ })
    if (await held.isVisible()) {
      await held.click()
    }
    await take(page, "jobs")
    await goTo(page, "#/overview")
    await expect.poll(() => numberOf(page, "replayed"), { timeout: 30_000 }).toBe(replayed + 1)
    // The one that was replayed dies again, and a deleted one has died.
    expect(await numberOf(page, "dead")).toBeGreaterThanOrEqual(dead)
  })

  it("shows the life of a dead letter, with its payload", async () => {
    await goTo(page, "#/jobs?state=dead&type=parse&order=oldest")
    await page.locator("[data-row]").first().click()
    await page.getByRole("region", { name: "Timeline" }).getByText("Dead letter").waitFor()
    await take(page, "job")
    expect(await page.getByRole("region", { name: "Payload" }).innerText()).toContain('"file"')
  })

  it("pauses and resumes a type", async () => {
    await goTo(page, "#/jobs")
    await page.getByRole("button", { name: "Pause digest" }).click()
    await page.getByRole("button", { name: "Resume digest" }).click()
    await page.getByRole("button", { name: "Pause digest" }).waitFor()
    expect(await axeViolations(page)).toEqual([])
  })

  it("cancels a job that runs", async () => {
    await goTo(page, "#/jobs?state=running")
    // Most end before one has looked at them: one that has run for two seconds goes on for some more.
    const slow = page
      .locator("tbody tr", { hasText: /[a-z][2-5](\.\d+)? s/ })
      .getByRole("button", { name: /^Cancel job/ })
    await expect
      .poll(
        async () => {
          await page.getByRole("button", { name: "Refresh" }).click()
          return slow.count()
        },
        { timeout: 60_000, interval: 500 }
      )
      .toBeGreaterThan(0)
    await slow.first().click()
    await page.getByRole("dialog").getByRole("button", { name: "Cancel the job" }).click()
    await page.getByRole("status", { name: "What was done" }).getByText("Cancelled").waitFor()
    expect(opened.problems).toEqual([])
  })

  it("leaves metrics that agree with what happened", async () => {
    await opened.close()
    await demo.until(/All jobs are done/)
    expect(await demo.stop()).toEqual({ agreed: true, differs: [] })
  })
})

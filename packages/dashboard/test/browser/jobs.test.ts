import type { Browser, Page } from "playwright-core"
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest"
import { type Opened, type View, axeViolations, launch, open } from "./chromium.ts"
import { type Fixture, type FixtureState, startFixture } from "./jobs-fixture.ts"
import { hostile, hostileState, idOf, jobWith, now, sampleState } from "./sample-jobs.ts"

let browser: Browser
let fixture: Fixture
let opened: Opened | undefined
/** Problems that the test provokes, each maybe several times. */
let provoked: ReadonlyArray<string> = []

beforeAll(async () => {
  browser = await launch()
})
afterAll(() => browser?.close())

afterEach(async () => {
  const problems = new Set(opened?.problems)
  await opened?.close()
  await fixture.close()
  const expected = provoked
  provoked = []
  opened = undefined
  expect([...problems].toSorted()).toEqual([...expected].toSorted())
})

const show = async (state: FixtureState, hash: string, view: Omit<View, "url"> = {}): Promise<Page> => {
  fixture = await startFixture(state)
  opened = await open(browser, { url: fixture.url + hash, ...view })
  return opened.page
}

const button = (page: Page, name: string | RegExp) => page.getByRole("button", { name, exact: true })
const status = (page: Page) => page.getByRole("status", { name: "What was done" })
const rowIds = (page: Page): Promise<ReadonlyArray<string>> =>
  page.locator("[data-row]").evaluateAll((links) => links.map((link) => String(link.getAttribute("title"))))
const hashOf = (page: Page): string => new URL(page.url()).hash
/** Spares the tests the two seconds until the page asks again. */
const seeAgain = (page: Page) => page.evaluate("void document.dispatchEvent(new Event('visibilitychange'))")
const dialog = (page: Page) => page.getByRole("dialog")

/** As many as are asked for, each with its own id. */
const letters = (count: number): FixtureState => ({
  ...sampleState(),
  jobs: Array.from({ length: count }, (_, index) =>
    jobWith(index, {
      jobType: "digest",
      state: "dead",
      attempt: 1,
      startedAt: now - 2000 - index,
      finishedAt: now - 1000 - index,
      reason: "Timeout",
      errors: [{ attempt: 1, failedAt: now - 1000 - index, reason: "Timeout", message: "late" }]
    })
  )
})

describe("jobs", () => {
  it("are counted by type and state, and each number leads to its list", async () => {
    const page = await show(sampleState(), "#/jobs")
    await button(page, "Pause digest").waitFor()
    const rows = await page.getByRole("region", { name: "Types" }).locator("tr").allInnerTexts()
    await page.getByRole("link", { name: "140 dead of type sync-crm" }).click()
    await page.getByText("429 Too Many Requests").first().waitFor()
    expect([rows.map((row) => row.split(/\s*\t\s*/).join(" | ")), hashOf(page)]).toEqual([
      [
        "Type | Ready | Scheduled | Retrying | Running | Dead | Oldest ready | Action",
        "charge-cardpaused | 0 | 0 | 0 | 4 | 3 | – | Resume",
        "digest | 130 | 44 | 0 | 5 | 12 | 2 min 24 s | Pause",
        "export-report | 6 | 0 | 0 | 4 | 0 | 2 min 32 s | Pause",
        "resize-image | 38 | 0 | 0 | 5 | 4 | 2 min 30 s | Pause",
        "send-mail | 420 | 0 | 0 | 5 | 61 | 1 min 57 s | Pause",
        "sync-crm | 912 | 0 | 31 | 0 | 140 | 4 min 37 s | Pause",
        "All types | 1,506 | 44 | 31 | 23 | 220 | "
      ],
      "#/jobs?state=dead&type=sync-crm"
    ])
  })

  it("stand in rows of one height, in texts of one size", async () => {
    const page = await show(sampleState(), "#/jobs")
    await button(page, "Pause digest").waitFor()
    await page.locator("[data-row]").first().waitFor()
    const looks: ReadonlyArray<string> = await page.evaluate(`[...document.querySelectorAll("tbody tr, tfoot tr")].map(
      (row) => row.offsetHeight + " " + [...new Set([...row.querySelectorAll(":is(th, td):not(.id)")].map(
        (cell) => getComputedStyle(cell).fontSize + " " + getComputedStyle(cell).verticalAlign))])`)
    expect([...new Set(looks.map((look) => look.replace(/^(29|30) /, "29 or 30: ")))]).toEqual([
      "29 or 30: 14px middle"
    ])
  })

  it("say of runners whose slots are not known how many they run", async () => {
    const state = sampleState()
    state.runners = [{ name: "worker-1", running: 3, heartbeatAgeMs: 0 }]
    const page = await show(state, "#/jobs")
    const rows = page.getByRole("region", { name: "Runners" }).locator("tr")
    await rows.nth(1).waitFor()
    expect((await rows.allInnerTexts()).map((row) => row.split(/\s*\t\s*/))).toEqual([
      ["Runner", "Running", "Heartbeat"],
      ["worker-1", "3", "now"]
    ])
  })

  it("show the runners with the slots they use, and which are silent", async () => {
    const page = await show(sampleState(), "#/jobs")
    await page.getByText("worker-1").first().waitFor()
    const rows = await page.getByRole("region", { name: "Runners" }).locator("tbody tr").allInnerTexts()
    expect(rows.map((row) => row.replace(/\s*\t\s*/g, " | "))).toEqual([
      "worker-1.eu-west.example:34431 | 8 / 8 | 1 s ago",
      "worker-2.eu-west.example:34431 | 8 / 16 | now",
      "worker-3.eu-west.example:34431 | 7 | stale: 1 min 34 s"
    ])
  })

  it("are listed in pages, forwards and back, with the page in the address", async () => {
    const page = await show(letters(120), "#/jobs?state=dead")
    await page.getByRole("link", { name: "Next" }).click()
    await page.getByText("51–100").waitFor()
    await expect.poll(() => rowIds(page)).toEqual(Array.from({ length: 50 }, (_, index) => idOf(50 + index)))
    await page.reload()
    await page.getByText("51–100").waitFor()
    await page.getByRole("link", { name: "Next" }).click()
    await page.getByText("101–120").waitFor()
    await page.getByRole("link", { name: "Previous" }).click()
    await page.getByText("51–100").waitFor()
    await page.getByRole("link", { name: "First page" }).click()
    await expect.poll(() => rowIds(page)).toEqual(Array.from({ length: 50 }, (_, index) => idOf(index)))
  })

  it("are listed oldest first where that is wanted", async () => {
    const page = await show(letters(3), "#/jobs?state=dead")
    await page.getByRole("combobox", { name: "Order" }).selectOption("oldest")
    await expect.poll(() => rowIds(page)).toEqual([idOf(2), idOf(1), idOf(0)])
  })

  it("are found by their id", async () => {
    const page = await show(letters(3), "#/jobs")
    await page.getByRole("searchbox").fill(` ${idOf(2)} `)
    await page.keyboard.press("Enter")
    await page.getByRole("heading", { name: "digest" }).waitFor()
    expect(hashOf(page)).toBe(`#/jobs/${idOf(2)}`)
  })

  it("stay in their place when others come and go, until the reader asks", async () => {
    const page = await show(letters(3), "#/jobs?state=dead")
    await page.locator("[data-row]").nth(2).waitFor()
    const before = await rowIds(page)
    const added = [70, 71].map((index) =>
      jobWith(index, { jobType: "digest", state: "dead", finishedAt: now - index, reason: "Timeout" })
    )
    fixture.state.jobs = [...added, ...fixture.state.jobs.filter(({ id }) => id !== idOf(1))]
    await seeAgain(page)
    await button(page, "2 new, 1 gone · show").waitFor()
    const held = await rowIds(page)
    await button(page, "2 new, 1 gone · show").click()
    await expect.poll(() => rowIds(page)).toEqual([idOf(70), idOf(71), idOf(0), idOf(2)])
    expect(held).toEqual(before)
  })
})

describe("an action", () => {
  it("cancels a job after it has asked, and says so", async () => {
    const page = await show(sampleState(), "#/jobs?state=running&type=digest")
    await page.locator("[data-row]").first().waitFor()
    const [id = ""] = await rowIds(page)
    await button(page, `Cancel job ${id}`).click()
    await button(page, "Cancel the job").click()
    const said = `Cancelled job ${id.slice(0, 8)}…${id.slice(-6)} of type digest.`
    await status(page).getByText(said).waitFor()
    expect(fixture.state.changes).toEqual([
      { path: `jobs/job/${id}/cancel`, contentType: "application/json", body: {} }
    ])
  })

  it("does nothing when its question is closed, and gives the focus back", async () => {
    const page = await show(sampleState(), "#/jobs?state=running&type=digest")
    await button(page, /^Cancel job/)
      .first()
      .click()
    const first = await page.evaluate("document.activeElement.textContent")
    await page.keyboard.press("Escape")
    await dialog(page).waitFor({ state: "detached" })
    const last = await page.evaluate("document.activeElement.textContent")
    expect([first, last, fixture.state.changes]).toEqual(["Keep it", "Cancel", []])
  })

  it("replays a dead letter at once, and takes it back by cancelling it", async () => {
    const page = await show(letters(2), "#/jobs?state=dead")
    await button(page, `Replay job ${idOf(0)}`).click()
    await button(page, "Cancel it").click()
    await status(page).getByText("Cancelled job").waitFor()
    expect(fixture.state.changes.map(({ path }) => path)).toEqual([
      `jobs/job/${idOf(0)}/replay`,
      `jobs/job/${idOf(0)}/cancel`
    ])
  })

  it("replays the selected ones, and says which were left and why", async () => {
    const page = await show(letters(4), "#/jobs?state=dead")
    await page.getByLabel(`Select job ${idOf(0)}`).check()
    await page.getByLabel(`Select job ${idOf(2)}`).check()
    await button(page, "Replay …").click()
    // Somebody else has replayed it meanwhile.
    fixture.state.jobs = fixture.state.jobs.map((job) => (job.id === idOf(2) ? { ...job, state: "running" } : job))
    await button(page, "Replay 2").click()
    await status(page)
      .getByText(`Replayed 1 dead letter; 1 left: Job ${idOf(2)} is no dead letter.`)
      .waitFor()
    expect(fixture.state.changes.map(({ body }) => body)).toEqual([{ ids: [idOf(0), idOf(2)] }])
  })

  it("deletes all that match only after their number or type was typed", async () => {
    const page = await show(letters(60), "#/jobs?state=dead&type=digest")
    await button(page, "Delete …").click()
    const isOpenBefore = await button(page, "Delete 60").isEnabled()
    await dialog(page).getByRole("textbox").fill("6")
    const isOpenAfterWrong = await button(page, "Delete 60").isEnabled()
    await dialog(page).getByRole("textbox").fill("digest")
    await page.keyboard.press("Enter")
    await status(page).getByText("Deleted 60 dead letters.").waitFor()
    expect([isOpenBefore, isOpenAfterWrong, fixture.state.jobs, fixture.state.changes.map(({ body }) => body)]).toEqual(
      [false, false, [], [{ type: "digest", before: now, expected: 60 }]]
    )
  })

  it("deletes nothing when more match than were confirmed, and says so", async () => {
    const page = await show(letters(2), "#/jobs?state=dead")
    await button(page, "Delete …").click()
    fixture.state.jobs = letters(5).jobs
    await dialog(page).getByRole("textbox").fill("2")
    await button(page, "Delete 2").click()
    await status(page).getByText("5 dead letters match, more than the 2 confirmed.").waitFor()
    provoked = ["409 jobs/dead/delete"]
    expect(fixture.state.jobs.length).toBe(5)
  })

  it("selects all on the page, and none", async () => {
    const page = await show(letters(3), "#/jobs?state=dead")
    await page.getByLabel("Select all on this page").check()
    await page.getByText("3 selected").waitFor()
    await page.getByLabel("Select all on this page").uncheck()
    await page.getByText("All 3", { exact: true }).waitFor()
    expect(await page.locator("[data-select]:checked").count()).toBe(0)
  })

  it("pauses a type once, however quickly it is clicked, and resumes it", async () => {
    const page = await show(sampleState(), "#/jobs")
    // The second click comes when the first has been answered.
    await button(page, "Pause digest").dblclick({ delay: 200 })
    await button(page, "Resume digest").waitFor()
    await status(page).getByRole("button", { name: "Resume" }).click()
    await status(page).getByText("Resumed digest.").waitFor()
    expect(fixture.state.changes.map(({ path }) => path)).toEqual(["jobs/type/digest/pause", "jobs/type/digest/resume"])
  })

  it("can't be begun again while it runs", async () => {
    const page = await show({ ...letters(1), delayMs: 400 }, "#/jobs?state=dead")
    await button(page, `Replay job ${idOf(0)}`).click()
    const isEnabled = await button(page, `Replay job ${idOf(0)}`).isEnabled()
    await status(page).getByText("Replayed job").waitFor()
    expect([isEnabled, fixture.state.changes.length]).toEqual([false, 1])
  })

  it("that is refused says why", async () => {
    const page = await show(letters(1), "#/jobs?state=dead")
    fixture.fail("jobs/job/", 409, "It was replayed a second ago.")
    await button(page, `Replay job ${idOf(0)}`).click()
    await status(page).getByText("It was replayed a second ago.").waitFor()
    provoked = [`409 jobs/job/${idOf(0)}/replay`]
    expect(fixture.state.changes.length).toBe(1)
  })

  it("that is suddenly forbidden says so, and how to go on", async () => {
    const page = await show(letters(1), "#/jobs?state=dead")
    await button(page, `Replay job ${idOf(0)}`).waitFor()
    fixture.state.access = { ...fixture.state.access, level: "read" }
    await button(page, `Replay job ${idOf(0)}`).click()
    const text = await page.getByRole("alert").innerText()
    await page.getByRole("link", { name: "Reload the page" }).click()
    await page.getByText("read-only").waitFor()
    provoked = [`403 jobs/job/${idOf(0)}/replay`]
    expect(text).toBe("You may look, but change nothing. Your access has ended or changed. Reload the page")
  })

  it("is not offered to who may only look", async () => {
    const state = letters(3)
    const page = await show({ ...state, access: { ...state.access, level: "read" } }, "#/jobs?state=dead")
    await page.getByText("read-only").waitFor()
    await page.locator("[data-row]").first().waitFor()
    const list = await page.getByRole("main").getByRole("button").allInnerTexts()
    const boxes = await page.getByRole("checkbox").count()
    await page.locator("[data-row]").first().click()
    await page.getByRole("heading", { name: "Timeline" }).waitFor()
    const job = await page.getByRole("main").getByRole("button").allInnerTexts()
    expect([list, boxes, job]).toEqual([["Refresh"], 0, ["Refresh", "Copy id"]])
  })
})

describe("a server", () => {
  it("that does not answer is said, and asked again", async () => {
    const page = await show(letters(1), "#/jobs?state=dead")
    await page.locator("[data-row]").waitFor()
    fixture.fail("jobs/summary", 503, "The database can't be reached.")
    await page.keyboard.press("r")
    const text = await page.getByRole("alert").innerText()
    fixture.state.failures.clear()
    await page.keyboard.press("r")
    await page.getByRole("alert").waitFor({ state: "detached" })
    provoked = ["503 jobs/summary"]
    expect(text).toBe(
      "No connection to the jobs. The database can't be reached. What is shown may be old. Trying again …"
    )
  })

  it("that goes away is asked again until it is back", async () => {
    const page = await show(letters(1), "#/jobs?state=dead")
    await page.locator("[data-row]").waitFor()
    const { state, url } = fixture
    await fixture.close()
    await page.keyboard.press("r")
    const text = await page.getByRole("alert").innerText()
    fixture = await startFixture({ ...state, jobs: letters(2).jobs }, Number(new URL(url).port))
    await page.keyboard.press("r")
    await page.getByRole("alert").waitFor({ state: "detached" })
    expect([text, await rowIds(page)]).toEqual([
      "No connection to the jobs. The server can't be reached. What is shown may be old. Trying again …",
      [idOf(0), idOf(1)]
    ])
  })

  it("that answers with a page to log in is not taken for the jobs", async () => {
    const page = await show(letters(1), "#/jobs?state=dead")
    await page.locator("[data-row]").waitFor()
    fixture.state.failures.set("jobs/", { status: 200, body: "<form>", contentType: "text/html" })
    await page.keyboard.press("r")
    await page.getByRole("alert").getByText("your login may have ended").waitFor()
    expect(await rowIds(page)).toEqual([idOf(0)])
  })
})

describe("going back", () => {
  it("from a job shows the list at once as it was, however slow the server is", async () => {
    const page = await show(letters(60), "#/jobs?state=dead")
    await page.locator("[data-row]").nth(40).click()
    await page.getByRole("heading", { name: "Timeline" }).waitFor()
    await page.route("**/jobs/list*", () => undefined)
    await page.goBack()
    await page.locator("[data-row]").first().waitFor()
    expect((await rowIds(page)).length).toBe(50)
  })
})

describe("one job", () => {
  const dead = jobWith(1, {
    jobType: "digest",
    state: "dead",
    attempt: 1,
    acceptedAt: now - 60_000,
    startedAt: now - 5000,
    finishedAt: now - 4000,
    reason: "Timeout",
    errors: [{ attempt: 1, failedAt: now - 4000, reason: "Timeout", message: "first\nsecond" }],
    traceId: "0af7651916cd43dd8448eb211c80319c",
    traceUrl: "https://traces.example/trace/0af7",
    lastTraceId: "4bf92f3577b34da6a3ce929d0e0e4736",
    lastTraceUrl: "https://traces.example/trace/4bf9"
  })
  const stateOf = (job = dead): FixtureState => ({ ...sampleState(), jobs: [job] })

  it("is told from its submit to its end", async () => {
    const page = await show(stateOf(), `#/jobs/${dead.id}`)
    await page.getByText("Dead letter: ").waitFor()
    const items = await page.getByRole("region", { name: "Timeline" }).getByRole("listitem").allInnerTexts()
    expect(items.map((text) => text.split("\n"))).toEqual([
      ["Accepted", "27 Nov 2026, 10:29:00 · 1 min ago"],
      ["Attempt 1 failed: Timeout", "27 Nov 2026, 10:29:56 · 4 s ago · after 56 s", "first …", "first", "second"],
      ["Dead letter: Timeout", "27 Nov 2026, 10:29:56 · 4 s ago"]
    ])
  })

  it("leads to its traces, in a window that knows nothing of this one", async () => {
    const page = await show(stateOf(), `#/jobs/${dead.id}`)
    const leads = async (traceId = "") => {
      const link = page.getByRole("link", { name: traceId })
      return [await link.getAttribute("href"), await link.getAttribute("rel")]
    }
    expect(await leads(dead.traceId)).toEqual(["https://traces.example/trace/0af7", "noreferrer noopener"])
    expect(await leads(dead.lastTraceId)).toEqual(["https://traces.example/trace/4bf9", "noreferrer noopener"])
  })

  it("leads to no address that would run here", async () => {
    const page = await show(stateOf({ ...dead, traceUrl: "javascript:alert(1)" }), `#/jobs/${dead.id}`)
    await page.getByText(dead.traceId ?? "").waitFor()
    expect(await page.locator("a[href^=javascript]").count()).toBe(0)
  })

  it("shows its payload as text", async () => {
    const state = stateOf()
    state.payloads.set(dead.id, `{ "html": "${hostile.markup}" }`)
    const page = await show(state, `#/jobs/${dead.id}`)
    expect(await page.getByRole("region", { name: "Payload" }).locator("pre").innerText()).toBe(
      `{ "html": "${hostile.markup}" }`
    )
  })

  it("says that the application shows no payloads", async () => {
    const state = stateOf()
    const page = await show({ ...state, access: { ...state.access, hasPayloads: false } }, `#/jobs/${dead.id}`)
    await page.getByText("The application does not show payloads.").waitFor()
    expect(await page.getByRole("region", { name: "Payload" }).locator("pre").count()).toBe(0)
  })

  it("that runs shows its progress as it goes on", async () => {
    const running = jobWith(1, { state: "running", attempt: 1, startedAt: now - 5000, progress: { ratio: 0.25 } })
    const page = await show(stateOf(running), `#/jobs/${running.id}`)
    await page.getByText("25 %").waitFor()
    fixture.state.jobs = [{ ...running, progress: { ratio: 0.5, note: "page 2" } }]
    await seeAgain(page)
    await page.getByText("50 %").waitFor()
    expect(await page.getByRole("progressbar", { name: "Progress" }).getAttribute("value")).toBe("50")
  })

  it("that does not exist is said, with the way back", async () => {
    const page = await show(stateOf(), "#/jobs/nope")
    await page.getByRole("heading", { name: "There is no such job" }).waitFor()
    await page.getByRole("link", { name: "All jobs" }).click()
    await page.getByRole("heading", { name: "Types" }).waitFor()
    provoked = ["404 jobs/job/nope"]
    expect(hashOf(page)).toBe("#/jobs?state=running")
  })

  it("copies its id", async () => {
    const page = await show(stateOf(), `#/jobs/${dead.id}`)
    await page.context().grantPermissions(["clipboard-read", "clipboard-write"])
    await button(page, "Copy id").click()
    await page.getByText("Copied").waitFor()
    expect(await page.evaluate("navigator.clipboard.readText()")).toBe(dead.id)
  })

  it("selects its id where the browser lets nothing be copied", async () => {
    const page = await show(stateOf(), `#/jobs/${dead.id}`)
    await page.evaluate("void (navigator.clipboard.writeText = () => Promise.reject(new Error('Denied.')))")
    await button(page, "Copy id").click()
    await page.getByText("Selected: copy it with your keyboard").waitFor()
    expect(await page.evaluate("getSelection().toString()")).toBe(dead.id)
  })
})

describe("keys", () => {
  it("move through the rows, select, open and clear", async () => {
    const page = await show(letters(3), "#/jobs?state=dead")
    await page.locator("[data-row]").nth(2).waitFor()
    for (const key of ["j", "j", "x", "ArrowDown", "k", "j", "x"]) {
      await page.keyboard.press(key)
    }
    const selected = await page.locator("[data-select]:checked").count()
    await page.keyboard.press("Escape")
    const cleared = await page.locator("[data-select]:checked").count()
    await page.keyboard.press("Enter")
    await page.getByRole("heading", { name: "Timeline" }).waitFor()
    expect([selected, cleared, hashOf(page)]).toEqual([2, 0, `#/jobs/${idOf(2)}`])
  })

  it("are letters while somebody types", async () => {
    const page = await show(letters(3), "#/jobs?state=dead")
    await page.locator("[data-row]").nth(2).waitFor()
    await page.getByRole("searchbox").focus()
    await page.keyboard.type("jxr")
    expect([
      await page.getByRole("searchbox").inputValue(),
      await page.locator("[data-select]:checked").count()
    ]).toEqual(["jxr", 0])
  })
})

describe("texts of others", () => {
  it("are shown as text, whatever they hold", async () => {
    const page = await show(hostileState(), "#/jobs?state=dead")
    await page.locator("[data-row]").nth(4).waitFor()
    const types = await page.locator("td.type").allInnerTexts()
    const reasons = await page.locator("td.type + td + td").allInnerTexts()
    const foreign = await page.locator("main img, main script").count()
    expect([types.map((text) => text.slice(0, 60)), reasons.length, foreign]).toEqual([
      [
        `<img src=x onerror="alert(1)"><script>alert(2)</script>`,
        "invoice\\u202efdp.exe",
        "__proto__",
        "x".repeat(60),
        "first line\\nsecond line\\n\\tthird"
      ],
      5,
      0
    ])
  })

  it("lead to the screen of their type, and can be paused", async () => {
    const page = await show(hostileState(), "#/jobs?state=dead")
    await page.getByRole("link", { name: `1 dead of type ${hostile.markup}` }).click()
    await expect.poll(() => rowIds(page)).toEqual([idOf(9000)])
    await button(page, "Pause __proto__").click()
    await status(page).getByText("Paused __proto__").waitFor()
    expect(fixture.state.changes.map(({ path }) => path)).toEqual(["jobs/type/__proto__/pause"])
  })
})

describe.each(["light", "dark"] as const)("in the %s theme", (theme) => {
  it.each([400, 900, 1440])("the screens are accessible and as wide as the window at %d pixels", async (width) => {
    const page = await show(hostileState(), "#/jobs?state=dead", { width, theme })
    await page.locator("[data-row]").nth(4).waitFor()
    await page.getByLabel(`Select job ${idOf(9001)}`).check()
    await button(page, "Pause send-mail").click()
    await status(page).getByText("Paused").waitFor()
    const list = await axeViolations(page)
    await button(page, "Delete …").click()
    const asked = await axeViolations(page)
    await page.keyboard.press("Escape")
    await page.locator("[data-row]").first().click()
    await page.getByRole("heading", { name: "Timeline" }).waitFor()
    const job = await axeViolations(page)
    const overflow = await page.evaluate("document.documentElement.scrollWidth - innerWidth")
    expect({ list, asked, job, overflow }).toEqual({ list: [], asked: [], job: [], overflow: 0 })
  })
})

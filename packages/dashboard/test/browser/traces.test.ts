/** From a dot in a heat map to the log lines of its trace: requests as senders write them, and the page in Chromium. */
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Scope from "effect/Scope"
import type { Browser, Locator, Page } from "playwright-core"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { makeDashboard } from "../../src/server.ts"
import { attribute, encode, json, post, protobuf } from "../receiver/request.ts"
import { builtFolder } from "./built-folder.ts"
import { axeViolations, launch, open as openPage, type View } from "./chromium.ts"
import { hostileTexts } from "./programs.ts"

const traceOf = (digit: string): string => digit.repeat(32)
const spanOf = (digit: string): string => digit.repeat(16)
const job = "0199a5c0-0000-7000-8000-000000000001"
const began = Date.now() - 60_000

/** So many milliseconds after the beginning, in nanoseconds. */
const at = (ms: number): string => `${BigInt(Math.round((began + ms) * 1000)) * 1000n}`

const resource = {
  attributes: [
    attribute("service.name", { stringValue: "jobs" }),
    attribute("service.instance.id", { stringValue: "runner-1" })
  ]
}

const text = (name: string, stringValue: string) => attribute(name, { stringValue })

const ofJob = [text("messaging.system", "parametric_portal"), text("messaging.message.id", job)]

const attempt = (digit: string, number: number, fields: object) => ({
  traceId: traceOf(digit),
  spanId: spanOf(digit),
  name: "process digest",
  kind: 5,
  startTimeUnixNano: at(1000 * number),
  endTimeUnixNano: at(1000 * number + 800),
  attributes: [...ofJob, attribute("job.attempt", { intValue: String(number) })],
  links: [{ traceId: traceOf("a"), spanId: spanOf("a") }],
  ...fields
})

const spans = [
  {
    traceId: traceOf("a"),
    spanId: spanOf("a"),
    name: "submit digest",
    kind: 4,
    startTimeUnixNano: at(0),
    endTimeUnixNano: at(5),
    attributes: ofJob
  },
  attempt("b", 1, {
    status: { code: 2, message: "the file is busy" },
    events: [
      {
        timeUnixNano: at(1700),
        name: "exception",
        attributes: [
          text("exception.type", "Busy"),
          text("exception.stacktrace", "Busy: the file\n    at read (a.ts:3)")
        ]
      }
    ]
  }),
  attempt("c", 2, {}),
  {
    traceId: traceOf("c"),
    spanId: spanOf("d"),
    parentSpanId: spanOf("c"),
    name: "SELECT",
    kind: 3,
    startTimeUnixNano: at(2200),
    endTimeUnixNano: at(2600)
  }
]

const line = (ms: number, body: string, fields: object) => ({
  timeUnixNano: at(ms),
  body: { stringValue: body },
  traceId: traceOf("c"),
  spanId: spanOf("c"),
  attributes: [text("jobId", job), attribute("attempt", { intValue: "2" })],
  ...fields
})

const lines = [
  line(2700, "it took too long", { severityNumber: 17 }),
  line(2100, "reading", { severityNumber: 9 }),
  line(2300, "selecting", { severityNumber: 5, spanId: spanOf("d") })
]

/** Spans and a log line of which each text is one that means harm. */
const harm = {
  spans: hostileTexts.map((one, index) => ({
    traceId: traceOf("e"),
    spanId: (index + 1).toString(16).padStart(16, "0"),
    ...(index === 0 ? {} : { parentSpanId: index.toString(16).padStart(16, "0") }),
    name: one,
    startTimeUnixNano: at(index),
    endTimeUnixNano: at(20),
    attributes: [text(one === "" ? "empty" : one, one)],
    events: [{ timeUnixNano: at(5), name: one, attributes: [text("__proto__", one)] }],
    status: { code: 2, message: one }
  })),
  lines: hostileTexts.map((one, index) =>
    line(index, one, { traceId: traceOf("e"), severityText: one, severityNumber: 0 })
  )
}

/** The latest time that there is. */
const latest = `${2n ** 64n - 1n}`

/** Spans and a log line with the earliest and the latest times that there are. */
const long = {
  spans: [
    { traceId: traceOf("7"), spanId: spanOf("7"), name: "long", startTimeUnixNano: "1", endTimeUnixNano: latest },
    { traceId: traceOf("7"), spanId: spanOf("8"), name: "back", startTimeUnixNano: latest, endTimeUnixNano: "1" }
  ],
  lines: [line(0, "at the end", { traceId: traceOf("7"), timeUnixNano: latest })]
}

const tracesOf = (all: ReadonlyArray<object>) =>
  JSON.stringify({ resourceSpans: [{ resource, scopeSpans: [{ spans: all }] }] })

const logsOf = (all: ReadonlyArray<object>) =>
  JSON.stringify({ resourceLogs: [{ resource, scopeLogs: [{ logRecords: all }] }] })

/** A histogram whose slowest value is the second attempt; the trace of another one is nowhere. */
const histogram = (exemplars: ReadonlyArray<object>) => ({
  name: "jobs_processing_seconds",
  unit: "s",
  description: "How long jobs take.",
  histogram: {
    aggregationTemporality: 2,
    dataPoints: [
      {
        startTimeUnixNano: at(0),
        timeUnixNano: at(59_000),
        count: 6,
        sum: 3,
        bucketCounts: [3, 2, 1],
        explicitBounds: [0.1, 0.5],
        exemplars
      }
    ]
  }
})

const metricsOf = (exemplars: ReadonlyArray<object>) => ({
  resourceMetrics: [{ resource, scopeMetrics: [{ metrics: [histogram(exemplars)] }] }]
})

const exemplar = (asDouble: number, ms: number, digit: string) => ({
  asDouble,
  timeUnixNano: at(ms),
  traceId: traceOf(digit),
  spanId: spanOf(digit)
})

/** As protobuf has it: times as numbers, to the millisecond, and ids as bytes. */
const inBytes = (request: object): Uint8Array => {
  const walk = (value: unknown, name = ""): unknown => {
    if (typeof value === "string" && name.endsWith("Id")) {
      return Buffer.from(value, "hex")
    }
    if (typeof value === "string" && name.endsWith("Nano")) {
      const nanos = BigInt(value)
      return { low: Number(BigInt.asIntN(32, nanos)), high: Number(nanos >> 32n), unsigned: true }
    }
    if (Array.isArray(value)) {
      return value.map((one) => walk(one))
    }
    return typeof value === "object" && value !== null
      ? Object.fromEntries(Object.entries(value).map(([key, one]) => [key, walk(one, key)]))
      : value
  }
  return encode(Object(walk(request)))
}

let browser: Browser
let scope: Scope.CloseableScope
let url = ""
const complaints: Array<string> = []

beforeAll(async () => {
  scope = await Effect.runPromise(Scope.make())
  const started = Effect.gen(function* () {
    const dashboard = yield* makeDashboard({ port: 0, pageFolder: yield* builtFolder })
    const { origin } = new URL(dashboard.url)
    // Of two processes' requests one is JSON and the other protobuf.
    const inJson = JSON.stringify(metricsOf([exemplar(0.8, 20_000, "c"), exemplar(0.3, 20_000, "f")]))
    const sent = [
      yield* post(`${origin}/v1/traces`, tracesOf([...spans, ...harm.spans, ...long.spans]), json),
      yield* post(`${origin}/v1/logs`, logsOf([...lines, ...harm.lines, ...long.lines]), json),
      yield* post(dashboard.url, inJson, json),
      yield* post(dashboard.url, inBytes(metricsOf([exemplar(0.05, 40_000, "b")])).slice(), protobuf)
    ]
    expect(sent.map(({ status }) => status)).toEqual([200, 200, 200, 200])
    return origin
  })
  url = await Effect.runPromise(Scope.extend(started, scope))
  browser = await launch()
})

afterAll(async () => {
  await browser?.close()
  await Effect.runPromise(Scope.close(scope, Exit.void))
})

const open = async (address: string, view: Omit<View, "url"> = {}): Promise<Page> => {
  const { page, problems } = await openPage(browser, { url: `${url}/${address}`, ...view })
  page.on("close", () => complaints.push(...problems))
  await page.getByRole("status").filter({ hasText: "Live since" }).waitFor()
  return page
}

const addressOf = (page: Page): string => new URL(page.url()).hash

/** The texts of elements, with one space where there are several. */
const textsOf = async (elements: Locator): Promise<ReadonlyArray<string>> =>
  (await elements.allTextContents()).map((one) => one.replace(/\s+/g, " "))

const spansOf = (page: Page) => page.locator("[aria-labelledby=spans] summary")
const linesOf = (page: Page) => page.locator("[aria-labelledby=logs] summary")

const expectSecondAttempt = async (page: Page): Promise<void> => {
  await expect.poll(() => addressOf(page)).toBe(`#/trace/${traceOf("c")}`)
  // The trace before it may still be there, or nothing yet.
  await expect
    .poll(() => textsOf(spansOf(page)))
    .toEqual(["process digest consumer jobs runner-1800 ms", "SELECT client jobs runner-1400 ms"])
  await expect
    .poll(() => textsOf(linesOf(page)))
    .toEqual(["INFO reading+100 ms", "DEBUG selecting+300 ms", "ERROR it took too long+700 ms"])
}

describe("a dot in a heat map", () => {
  it("leads to the trace of its value, and to the log lines of that", async () => {
    const page = await open("#/series/jobs_processing_seconds")
    const dot = page.getByRole("link", { name: /^800 ms at .*, trace cccc/ })
    await dot.click()
    await expectSecondAttempt(page)
    await page.close()
  })

  it("is reached by keyboard: the highest first, and from there the others, where their trace is here", async () => {
    const page = await open("#/series/jobs_processing_seconds")
    const dots = page.getByRole("group", { name: "Exemplars" })
    await dots.getByRole("link").first().waitFor()
    expect([await dots.locator(".dot").count(), await dots.getByRole("link").count()]).toEqual([3, 2])
    const focused = () => page.evaluate<string>("document.activeElement.getAttribute('aria-label') ?? ''")
    await page.locator(".legend, select").first().waitFor()
    for (let presses = 0; presses < 40 && !(await focused()).startsWith("800 ms"); presses++) {
      await page.keyboard.press("Tab")
    }
    expect(await focused()).toMatch(/^800 ms at/)
    await page.keyboard.press("ArrowRight")
    expect(await focused()).toMatch(/^50 ms at/)
    // The map is drawn again each second.
    await page.waitForTimeout(2_500)
    expect(await focused()).toMatch(/^50 ms at/)
    await page.keyboard.press("ArrowUp")
    await page.keyboard.press("Enter")
    await expectSecondAttempt(page)
    await page.close()
  })

  it("has its trace in the table of exemplars too, as a link where it is here", async () => {
    const page = await open("#/series/jobs_processing_seconds")
    const table = page.getByRole("region", { name: /^Exemplars/ })
    await table.getByRole("row").nth(1).waitFor()
    expect(await table.getByRole("link").allTextContents()).toEqual([traceOf("b"), traceOf("c")])
    expect(await table.getByText(traceOf("f")).count()).toBe(1)
    await page.close()
  })
})

describe("a trace", () => {
  it("leads to the submit and to each attempt of its job", async () => {
    const page = await open(`#/trace/${traceOf("c")}`)
    const linked = page.getByRole("region", { name: "Linked" }).getByRole("listitem")
    const parts = async () => (await textsOf(linked)).map((one) => one.replace(/ \d+ \w+ \d{4}, [\d:]+,/, ""))
    await expect
      .poll(parts)
      .toEqual([
        `submitted in submit digest 5 ms, ${job}`,
        `attempt 1 process digest error 800 ms, ${job}`,
        `attempt 2 process digest 800 ms, ${job}, this trace`
      ])
    await page.getByRole("link", { name: "attempt 1" }).click()
    await expect.poll(() => addressOf(page)).toBe(`#/trace/${traceOf("b")}`)
    await page.getByText("No log line of this trace is here.").waitFor()
    await page.getByRole("link", { name: "submitted in" }).click()
    await expect.poll(() => addressOf(page)).toBe(`#/trace/${traceOf("a")}`)
    await page.getByRole("link", { name: "attempt 2" }).click()
    await expectSecondAttempt(page)
    await page.close()
  })

  it("shows what a span and a log line say when they are opened", async () => {
    const page = await open(`#/trace/${traceOf("b")}`)
    await spansOf(page).first().press("Enter")
    const said = page.locator("[aria-labelledby=spans] .said")
    expect(await said.locator("p.bad").textContent()).toBe("the file is busy")
    expect(await said.locator("h3").allTextContents()).toEqual([
      "exception event after 700 ms",
      `Link to ${traceOf("a")} span ${spanOf("a")}`
    ])
    expect(await said.locator("dd").allTextContents()).toEqual([
      "1",
      job,
      "parametric_portal",
      "Busy: the file\n    at read (a.ts:3)",
      "Busy"
    ])
    await page.goto(`${url}/#/trace/${traceOf("c")}`)
    await linesOf(page).nth(1).click()
    const line = page.locator("[aria-labelledby=logs] .said").nth(1)
    expect(await line.locator("p").textContent()).toBe("In SELECT, jobs runner-1")
    expect(await line.locator("dt").allTextContents()).toEqual(["attempt", "jobId"])
    await page.close()
  })

  it("has its log lines at their time beside their span", async () => {
    const page = await open(`#/trace/${traceOf("c")}`)
    await linesOf(page).first().waitFor()
    const styles = async (locator: string) =>
      Promise.all((await page.locator(locator).all()).map((one) => one.getAttribute("style")))
    expect(await styles("[aria-labelledby=spans] .lane i")).toEqual([
      "left: 0%; width: 100%;",
      "left: 25%; width: 50%;"
    ])
    expect(await styles("[aria-labelledby=logs] .lane i")).toEqual([
      "left: 0%; width: 100%;",
      "left: 12.5%;",
      "left: 25%; width: 50%;",
      "left: 37.5%;",
      "left: 0%; width: 100%;",
      "left: 87.5%;"
    ])
    const lanes = page.locator(".lane")
    const lefts = await Promise.all((await lanes.all()).map(async (lane) => (await lane.boundingBox())?.x))
    expect(new Set(lefts).size).toBe(1)
    await page.close()
  })

  it("is here no more, or not yet, or is none, and that is said", async () => {
    const page = await open("#/trace/none")
    await page.getByRole("heading", { name: "Nothing of this trace is here" }).waitFor()
    expect(await page.locator("main .card p").textContent()).toBe(
      "No span and no log line of none is kept: it has not arrived, went after 15 minutes, or there was no room."
    )
    await page.close()
  })

  it("is shown further as more of it arrives", async () => {
    const page = await open(`#/trace/${traceOf("9")}`)
    await page.getByRole("heading", { name: "Nothing of this trace is here" }).waitFor()
    const [first] = spans
    await Effect.runPromise(post(`${url}/v1/traces`, tracesOf([{ ...first, traceId: traceOf("9") }]), json))
    await spansOf(page).first().waitFor()
    expect(await page.getByText("Nothing of this trace is here").count()).toBe(0)
    await page.close()
    expect(complaints.filter((one) => one === `404 live/trace?id=${traceOf("9")}`).length).toBeGreaterThan(0)
    complaints.splice(0)
  })

  it("stays as it is during a pause, and has all that arrived right after it", async () => {
    const page = await open(`#/trace/${traceOf("b")}`)
    await spansOf(page).first().waitFor()
    await page.keyboard.press("p")
    await page.route("**/live/trace?**", async (route) => {
      const response = await route.fetch()
      const trace = await response.json()
      await route.fulfill({ json: { ...trace, spans: [...trace.spans, { ...trace.spans[0], spanId: spanOf("9") }] } })
    })
    await page.waitForTimeout(5500)
    expect(await spansOf(page).count()).toBe(1)
    // The clock of the page stands still from here: nothing but the end of the pause asks again.
    await page.evaluate("globalThis.setInterval = () => 0; for (let id = 1; id < 10000; id++) clearInterval(id)")
    await page.keyboard.press("p")
    await expect.poll(() => spansOf(page).count()).toBe(2)
    await page.close()
  })

  it("that one reads stays when it is let go of, and that is said", async () => {
    const page = await open(`#/trace/${traceOf("b")}`)
    await spansOf(page).first().waitFor()
    await page.route("**/live/trace?**", (route) => route.fulfill({ status: 404, json: { message: "let go of" } }))
    await page.getByText("This trace is kept no more").waitFor()
    expect(await spansOf(page).count()).toBe(1)
    await page.evaluate(`location.hash = "#/trace/${traceOf("5")}"`)
    await page.getByRole("heading", { name: "Nothing of this trace is here" }).waitFor()
    expect(await page.getByText("This trace is kept no more").count()).toBe(0)
    await page.close()
    expect(complaints.filter((one) => one.startsWith("404 live/trace?id=")).length).toBe(complaints.length)
    complaints.splice(0)
  })

  it("keeps the line open that was opened while earlier ones arrive", async () => {
    const send = (ms: number, body: string) =>
      Effect.runPromise(post(`${url}/v1/logs`, logsOf([line(ms, body, { traceId: traceOf("8") })]), json))
    await send(100, "opened")
    const page = await open(`#/trace/${traceOf("8")}`)
    await linesOf(page).click()
    await send(50, "earlier")
    await expect.poll(() => linesOf(page).count(), { timeout: 10_000 }).toBe(2)
    expect(await page.locator("[aria-labelledby=logs] details[open] pre").allTextContents()).toEqual(["opened"])
    await page.close()
  })

  it("is listed by its first span", async () => {
    const page = await open("")
    await page.keyboard.press("7")
    await expect.poll(() => addressOf(page)).toBe("#/trace")
    const row = page.getByRole("row").filter({ hasText: "process digest" }).filter({ hasText: "error" })
    expect((await row.textContent())?.replace(/^\d\d:\d\d:\d\d/, "")).toBe("process digest errorjobs runner-1800 ms110")
    await page.getByLabel("Filter").fill("submit")
    await expect.poll(() => page.locator("tbody tr").filter({ hasNotText: "submit" }).count()).toBe(0)
    expect(addressOf(page)).toBe("#/trace?q=submit")
    await page.getByLabel("Filter").fill("nothing of that name")
    await page.getByText("None has this text").waitFor()
    await page.getByLabel("Filter").fill("")
    await row.getByRole("link").click()
    await expect.poll(() => addressOf(page)).toBe(`#/trace/${traceOf("b")}`)
    await page.keyboard.press("Escape")
    await expect.poll(() => addressOf(page)).toBe("#/trace")
    await page.close()
  })
})

describe("a job on the same page", () => {
  const view = {
    id: job,
    jobType: "digest",
    state: "completed",
    priority: "normal",
    attempt: 2,
    maxAttempts: 3,
    replays: 0,
    redeliveries: 0,
    acceptedAt: began,
    dueAt: began,
    errors: [],
    traceId: traceOf("a")
  }

  it("leads to the trace of its submit, and the trace to it", async () => {
    const page = await open("")
    await page.route("**/config.json", (route) =>
      route.fulfill({ json: { hasMetrics: true, hasJobs: true, setup: [] } })
    )
    await page.route("**/jobs/**", (route) =>
      route.fulfill({
        json: route.request().url().endsWith("access")
          ? { level: "read", who: "test", hasPayloads: false }
          : { now: Date.now(), job: view }
      })
    )
    await page.goto(`${url}/?again#/jobs/${job}`)
    await page.getByRole("link", { name: traceOf("a") }).click()
    await expect.poll(() => addressOf(page)).toBe(`#/trace/${traceOf("a")}`)
    await page.getByRole("link", { name: `Job ${job}` }).click()
    await expect.poll(() => addressOf(page)).toBe(`#/jobs/${job}`)
    await page.close()
  })
})

describe("text that others chose", () => {
  it("is shown as text whatever it holds", async () => {
    for (const width of [400, 1440]) {
      const page = await open(`#/trace/${traceOf("e")}`, { width })
      await expect.poll(() => spansOf(page).count()).toBe(hostileTexts.length)
      await page.evaluate("document.querySelectorAll('details').forEach((one) => (one.open = true))")
      await expect.poll(() => page.locator("main").textContent()).toContain("<script>")
      const harmed = await page.evaluate(
        "({ ran: globalThis.wasRun === true, polluted: 'polluted' in {}, images: document.images.length })"
      )
      expect(harmed).toEqual({ ran: false, polluted: false, images: 0 })
      const shown = (await page.locator("main").textContent()) ?? ""
      expect(["\u202e", "\u2066", "\u0000", "\u0007"].filter((one) => shown.includes(one))).toEqual([])
      expect(await page.evaluate("document.documentElement.scrollWidth")).toBe(width)
      await page.close()
    }
  })
})

describe("each screen", () => {
  const screens = [
    ["#/trace", "are kept"],
    [`#/trace/${traceOf("b")}`, "the file is busy"],
    [`#/trace/${traceOf("c")}`, "it took too long"],
    [`#/trace/${traceOf("e")}`, "<script>"],
    [`#/trace/${traceOf("7")}`, "at the end"],
    ["#/trace/none", "Nothing of this trace is here"],
    ["#/series/jobs_processing_seconds", "Distribution"]
  ] as const

  for (const theme of ["light", "dark"] as const) {
    it(`has nothing that axe objects to, and fits windows of 400, 900 and 1440 pixels, ${theme}`, async () => {
      const page = await open("", { theme })
      for (const [address, words] of screens) {
        await page.evaluate(`location.hash = ${JSON.stringify(address)}`)
        await expect.poll(() => page.locator("main").textContent()).toContain(words)
        await page.evaluate("document.querySelectorAll('details').forEach((one) => (one.open = true))")
        for (const width of [400, 900, 1440]) {
          await page.setViewportSize({ width, height: 900 })
          const found = await axeViolations(page)
          const scrolled = await page.evaluate("document.documentElement.scrollWidth - innerWidth")
          expect({ address, width, found, scrolled }).toEqual({ address, width, found: [], scrolled: 0 })
        }
      }
      await page.close()
    })
  }

  it("has made no error, no request elsewhere, and nothing that the policy refuses", () => {
    expect(complaints).toEqual([])
  })
})

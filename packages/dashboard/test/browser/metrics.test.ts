/** The screens of metrics in a browser, as their reader sees and uses them. */
import type { Browser, Page } from "playwright-core"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { axeViolations, launch, open as openPage, type View } from "./chromium.ts"
import { servePage, type PageServer } from "./page-server.ts"
import { hostile, hostileTexts, jobs, many, nothing, web } from "./programs.ts"

let browser: Browser
let server: PageServer

/** Everything that a page should not have done: errors, refusals of the policy, requests elsewhere. */
const complaints: Array<string> = []

beforeAll(async () => {
  server = await servePage({ program: jobs() })
  browser = await launch()
})

afterAll(async () => {
  await browser?.close()
  await server?.close()
})

/** Opens an address of the page in a window of its own. */
const open = async (address: string, view: Omit<View, "url"> = {}): Promise<Page> => {
  const { page, problems } = await openPage(browser, { url: `${server.url}${address}`, ...view })
  page.on("close", () => complaints.push(...problems))
  await page.getByRole("status").filter({ hasText: "Live since" }).waitFor()
  return page
}

/** Runs with a program in place of the usual one. */
const showing = async (program: ReturnType<typeof jobs>, run: () => Promise<void>): Promise<void> => {
  server.show(program)
  try {
    await run()
  } finally {
    server.show(jobs())
  }
}

const addressOf = (page: Page): string => new URL(page.url()).hash

/** The rows of the table of series that are drawn: the text of each. */
const rowsOf = (page: Page) => page.locator(".rows [role=row]")

describe("overview", () => {
  it("shows the law, six charts with their values, and the processes", async () => {
    const page = await open("")
    expect(await page.locator(".law dt").allTextContents()).toEqual([
      "accepted",
      "replayed",
      "completed",
      "cancelled",
      "dead",
      "held"
    ])
    expect(await page.locator(".law .sign").textContent()).toBe("=")
    expect(await page.locator(".chart h2").allTextContents()).toEqual([
      "Jobs per second, by outcome",
      "Queue jobs by state",
      "Failures per second, by reason",
      "Processing time of one operation",
      "Wait from due to started",
      "Cluster messages as the caller saw them"
    ])
    const queue = page.locator(".chart").nth(1).locator("li")
    expect((await queue.allTextContents()).map((text) => text.replace(/[\d.,]+/, "N"))).toEqual([
      "ready N",
      "running N",
      "scheduled N",
      "retrying N"
    ])
    expect(await page.locator("tbody tr").allTextContents()).toEqual([
      expect.stringMatching(/^jobsrunner-1.*now$/),
      expect.stringMatching(/^jobsrunner-2.*now$/),
      expect.stringMatching(/^jobsrunner-3.*now$/)
    ])
    await page.close()
  })

  it("draws nothing during a pause, but again when the theme changes", async () => {
    const page = await open("")
    await page.keyboard.press("p")
    await page.getByText(/Resume/).waitFor()
    const picture = () => page.evaluate<string>("document.querySelector('canvas').toDataURL()")
    const light = await picture()
    await page.getByRole("button", { name: /Resume · [1-9][\d,]* new points/ }).waitFor()
    expect(await picture()).toBe(light)
    await page.emulateMedia({ colorScheme: "dark" })
    await expect.poll(picture).not.toBe(light)
    await page.emulateMedia({ colorScheme: "light" })
    await expect.poll(picture).toBe(light)
    await page.close()
  })

  it("marks the law where a difference stays", async () => {
    await showing(jobs({ differs: true }), async () => {
      const page = await open("")
      expect(await page.locator(".law .sign").textContent()).toBe("≠")
      expect(await page.locator(".law [role=alert]").textContent()).toContain("3 unaccounted for since")
      await page.close()
    })
  })

  it("shows what was at the time under the cursor, in all charts", async () => {
    const page = await open("")
    const values = page.locator(".chart b")
    const isNow = await page.locator(".chart small").first().textContent()
    await page
      .locator(".plot")
      .first()
      .hover({ position: { x: 200, y: 60 } })
    const hint = page.locator(".chart small")
    await expect.poll(async () => new Set(await hint.allTextContents()).size).toBe(1)
    expect({ isNow, under: await hint.first().textContent() }).toEqual({
      isNow: "per second, by outcome",
      under: expect.stringMatching(/^\d\d:\d\d:\d\d$/)
    })
    expect(await values.count()).toBe(22)
    await page.close()
  })

  it("shows the busiest metrics where no job is", async () => {
    await showing(web(), async () => {
      const page = await open("")
      expect(await page.locator(".chart h2 a").allTextContents()).toEqual([
        "http_requests_total",
        "process_memory_bytes",
        "telemetry_series"
      ])
      await page.close()
    })
  })

  it("says what to do while nothing has arrived, and comes alive by itself", async () => {
    await showing(nothing(), async () => {
      const page = await open("")
      expect((await page.locator("pre").textContent())?.split("\n")).toEqual([
        "OTEL_EXPORTER_OTLP_ENDPOINT=http://127.0.0.1:4318",
        "OTEL_EXPORTER_OTLP_PROTOCOL=http/protobuf",
        "OTEL_METRIC_EXPORT_INTERVAL=1000"
      ])
      server.show(jobs())
      await page.locator(".law").waitFor()
      expect(await page.locator("pre").count()).toBe(0)
      await page.close()
    })
  })
})

describe("series", () => {
  it("are found by label and word, in the address too, and sorted", async () => {
    const page = await open("#/series")
    await page.getByLabel("Filter").fill("job_type=digest wait_duration")
    await expect.poll(() => addressOf(page)).toBe("#/series?q=job_type%3Ddigest+wait_duration")
    expect(await page.locator(".rows .name").allTextContents()).toEqual(["▸jobs_wait_duration_seconds"])
    expect(await page.locator(".rows .series").allTextContents()).toEqual(["12"])
    await page.getByLabel("Filter").fill("")
    await page.getByRole("button", { name: "Series", exact: true }).click()
    await expect.poll(() => addressOf(page)).toBe("#/series?sort=series")
    expect((await page.locator(".rows .name").allTextContents()).slice(0, 2)).toEqual([
      "▸http_requests_total",
      "▸cluster_message_latency_seconds"
    ])
    await page.close()
  })

  it("open under their metric, with their labels", async () => {
    const page = await open("#/series?q=jobs_queue_depth+job_type%3Ddigest")
    await page.getByRole("button", { name: "Series of this metric" }).click()
    expect((await page.locator(".row.one .name").allTextContents()).map((text) => text.trim())).toEqual([
      "job_type=digest state=ready",
      "job_type=digest state=scheduled",
      "job_type=digest state=running",
      "job_type=digest state=retrying"
    ])
    await page.close()
  })

  it("have a metric in detail: lines by a label, a heat map, exemplars, runbooks", async () => {
    const page = await open("#/series/jobs_processing_seconds?by=job_type")
    await page.locator(".legend li").first().waitFor()
    expect((await page.locator(".legend bdi").allTextContents()).sort()).toEqual(["compress", "digest", "parse"])
    const runbook = page.getByRole("link", { name: "JobQueueStalled" })
    expect([await runbook.getAttribute("rel"), await runbook.getAttribute("target")]).toEqual(["noreferrer", "_blank"])
    expect(await page.locator(".dot").first().getAttribute("title")).toMatch(/^\d.* m?s at \d\d:\d\d:\d\d, trace 4bf9/)
    expect(await page.locator("h2").allTextContents()).toEqual([
      "jobs_processing_seconds",
      "Mean of the values that came",
      "Distribution the darker, the more values; dots are exemplars",
      "Labels",
      "Exemplars single values, with their trace"
    ])
    await page.evaluate("location.hash = '#/series/jobs_processing_seconds?q=job_type=digest'")
    await page
      .getByRole("heading", { name: "Distribution of all series: the darker, the more values; dots are exemplars of" })
      .waitFor()
    await page.close()
  })
})

describe("health", () => {
  it("shows requests, refusals, lag, series, overflow and violations", async () => {
    const page = await open("#/health")
    expect(await page.locator(".figure").allTextContents()).toEqual([
      expect.stringMatching(/^Requests1,[23]\d\d1,[23]\d\d acknowledged$/),
      expect.stringMatching(/^Last requestnowreceiving since/),
      "Points1.28 M91.9 MiB received",
      "Series354of 11 metrics",
      "Exemplars24values with their trace",
      "Store10.9 MiB of 256 MiB"
    ])
    expect(await page.locator("[aria-labelledby=refusals] tbody tr").allTextContents()).toEqual([
      "41323 min 4 s agoThe request has 5.2 MiB, and at most 4 MiB are taken.",
      "no answer140 min agoThe connection was closed before the body ended."
    ])
    expect((await page.locator("[aria-labelledby=per-metric] tbody tr").allTextContents()).slice(0, 2)).toEqual([
      "http_requests_total 87",
      "cluster_message_latency_seconds 36"
    ])
    expect(await page.locator("[aria-labelledby=lag] tbody tr").allTextContents()).toEqual([
      expect.stringMatching(/^jobs runner-3 2[4-8]\d ms$/),
      "jobs runner-2 31 ms",
      "jobs runner-1 12 ms"
    ])
    expect(await page.locator("[aria-labelledby=overflow] li").allTextContents()).toEqual([
      "http_requests_total 3 overflow series beside 84 series"
    ])
    expect(await page.locator("[aria-labelledby=violations] li").count()).toBe(2)
    await page.close()
  })
})

/** How often something changes in two seconds: once in each, where a screen follows what arrives. */
const changesOf = async (look: () => Promise<unknown>): Promise<number> => {
  let changes = 0
  for (let last = await look(); changes < 2; changes++) {
    server.tick()
    await expect.poll(look).not.toEqual(last)
    last = await look()
  }
  return changes
}

describe("a screen that stays open", () => {
  const pictureOf = (page: Page) => () => page.evaluate<string>("document.querySelector('canvas').toDataURL()")

  it("shows the law, the legends of charts and the pictures as they are each second", async () => {
    const page = await open("#/overview")
    const accepted = page.locator(".law dd").first()
    const legend = page.locator(".chart").first().locator(".legend b")
    expect(await changesOf(() => accepted.textContent())).toBe(2)
    expect(await changesOf(() => legend.allTextContents())).toBe(2)
    expect(await changesOf(pictureOf(page))).toBe(2)
    await page.close()
  })

  it("shows processes, metrics and series that come later", async () => {
    const page = await open("#/overview")
    const counts = page.locator("#processes small")
    expect(await counts.textContent()).toBe("3 report, 354 series of 11 metrics")
    server.tick({
      processes: [
        { id: 3, service: "web", instance: "late", resource: {}, firstSeenAt: Date.now(), lastSeenAt: Date.now() }
      ],
      metrics: [{ id: 11, name: "late_total", kind: "counter", unit: "", description: "" }],
      series: [{ id: 354, metric: 11, process: 3, labels: {} }]
    })
    await expect.poll(() => counts.textContent()).toBe("4 report, 355 series of 12 metrics")
    expect(await page.locator("[aria-labelledby=processes] .mono").allTextContents()).toEqual([
      "runner-1",
      "runner-2",
      "runner-3",
      "late"
    ])
    await page.close()
  })

  it("draws the busiest metrics again where no job is", async () => {
    await showing(web(), async () => {
      const page = await open("#/overview")
      await page.locator(".chart .legend b").first().waitFor()
      expect(await changesOf(pictureOf(page))).toBe(2)
      await page.close()
    })
  })

  it("shows the values and rates of metrics and of their series", async () => {
    const page = await open("#/series?q=jobs_enqueued_total+operation%3Dprocess")
    await page.getByRole("button", { name: "Series of this metric" }).click()
    const cells = page.locator(".rows .value")
    expect(await changesOf(() => cells.first().textContent())).toBe(2)
    expect(await changesOf(() => cells.nth(1).textContent())).toBe(2)
    expect(await changesOf(() => page.locator(".rows .rate").first().textContent())).toBe(2)
    await page.close()
  })

  it("moves the time of a metric's charts along", async () => {
    const page = await open("#/series/jobs_processing_seconds")
    await page.locator(".dot").first().waitFor()
    expect(await changesOf(pictureOf(page))).toBe(2)
    expect(await changesOf(() => page.locator(".dot").last().getAttribute("style"))).toBe(2)
    await page.close()
  })

  it("counts requests, points and lag", async () => {
    const page = await open("#/health")
    expect(await changesOf(() => page.locator(".figure dd").allTextContents())).toBe(2)
    expect(await changesOf(() => page.locator("[aria-labelledby=lag] td").allTextContents())).toBe(2)
    await page.close()
  })
})

describe("the connection", () => {
  it("keeps what arrives during a pause, and shows it after", async () => {
    const page = await open("#/series?q=jobs_enqueued_total")
    const value = page.locator(".rows .value").first()
    await page.keyboard.press("p")
    const before = await value.textContent()
    await page.getByRole("button", { name: /Resume · [1-9][\d,]* new points/ }).waitFor()
    expect(await value.textContent()).toBe(before)
    await page.keyboard.press("p")
    expect(await page.getByText(/came during the pause/).textContent()).toMatch(/^[1-9][\d,]* points came/)
    expect(await value.textContent()).not.toBe(before)
    await page.close()
  })

  it("comes back after the server was gone, with all that the new one has", async () => {
    const page = await open("")
    server.stop()
    await page.getByText(/Connection lost at .* Is the server running\?/).waitFor()
    server.show(web())
    server.start()
    await page.locator(".chart h2 a").first().waitFor()
    expect(await page.getByRole("status").textContent()).toContain("Live since")
    server.show(jobs())
    await page.close()
  })

  it("marks a process that has stopped", async () => {
    await showing(jobs({ stopsAt: 0 }), async () => {
      const page = await open("")
      expect(await page.locator("tbody tr").allTextContents()).toEqual([
        expect.stringMatching(/^jobsrunner-3.*10 min.* agostopped reporting$/),
        expect.stringMatching(/^jobsrunner-1.*now$/),
        expect.stringMatching(/^jobsrunner-2.*now$/)
      ])
      expect(await page.locator("#processes small").textContent()).toBe(
        "2 report, 1 has stopped, 354 series of 11 metrics"
      )
      await page.close()
    })
  })
})

describe("the screens of servers and processes", () => {
  const chartsOf = async (page: Page) =>
    Promise.all(
      (await page.locator(".chart").all()).map(async (chart) => [
        await chart.locator("h2").textContent(),
        ...(await chart.locator("li bdi").allTextContents())
      ])
    )

  it("draw requests, the event loop and the database", async () => {
    const page = await open("#/server")
    expect(await chartsOf(page)).toEqual([
      ["Requests per second, by status", "2xx", "4xx", "5xx"],
      ["Errors per second, by route", "/orders/:id", "no route"],
      ["Request time until the body's end", "p50", "p95", "p99"],
      ["In flight requests", "received", "sent"],
      ["Event loop delay of the slowest process", "p50", "p99", "max"],
      ["Database operations per second, by name", "INSERT", "SELECT"],
      ["Operation time wait included", "p50", "p95", "p99"],
      ["RPC calls per second, by method", "stock.levels", "stock.take"],
      ["Call time of a stream until its end", "p50", "p95", "p99"]
    ])
    await page.close()
  })

  it("draw where time and memory go", async () => {
    const page = await open("#/node")
    expect(await chartsOf(page)).toEqual([
      ["Event loop delay of the slowest process", "p50", "p99", "max"],
      ["Event loop utilization from 0 to 1", "busiest"],
      ["Heap of the largest process", "used", "limit"],
      ["Garbage collection time a second, by type", "major", "minor"],
      ["Memory of the largest process", "resident", "external"],
      ["Processor time a second", "user", "system"],
      ["Pools items and requests", "used", "waiting"],
      ["Caches requests a second", "hits", "misses"]
    ])
    await page.close()
  })

  it("say which layer is not in place", async () => {
    await showing(web(), async () => {
      const page = await open("#/server")
      const text = page.locator("main p")
      expect(await text.textContent()).toBe("Add Server.layer of @parametric-portal/server to your program.")
      await page.keyboard.press("6")
      await expect
        .poll(() => text.textContent())
        .toBe("Add RuntimeMetrics.layer of @parametric-portal/server to your program.")
      await page.close()
    })
  })
})

describe("keys", () => {
  it("go to screens, to the filter, through rows, and say what they do", async () => {
    const page = await open("")
    await page.keyboard.press("2")
    await expect.poll(() => addressOf(page)).toBe("#/series")
    await page.keyboard.press("j")
    await page.keyboard.press("j")
    await page.keyboard.press("k")
    await page.keyboard.press("ArrowDown")
    await expect
      .poll(() => page.evaluate("document.activeElement.querySelector('.name')?.textContent"))
      .toBe("▸http_requests_total")
    await page.keyboard.press("Enter")
    await expect.poll(() => addressOf(page)).toBe("#/series/http_requests_total")
    await page.locator(".back").waitFor()
    await page.keyboard.press("Escape")
    await expect.poll(() => addressOf(page)).toBe("#/series")
    await page.getByLabel("Filter").waitFor()
    await page.keyboard.press("?")
    expect(await page.locator("dialog dt").allTextContents()).toEqual([
      "j",
      "k",
      "Enter",
      "→",
      "←",
      "/",
      "p",
      "1",
      "2",
      "3",
      "5",
      "6",
      "7",
      "?"
    ])
    await page.keyboard.press("3")
    await page.keyboard.press("Escape")
    await page.locator("dialog").waitFor({ state: "detached" })
    expect(addressOf(page)).toBe("#/series")
    await page.keyboard.press("Control+3")
    await page.keyboard.press("/")
    await page.keyboard.type("p3?1")
    await expect.poll(() => addressOf(page)).toBe("#/series?q=p3%3F1")
    expect(await page.getByText("Resume").count()).toBe(0)
    await page.close()
  })
})

describe("text that others chose", () => {
  it("is shown as text whatever it holds", async () => {
    await showing(hostile(), async () => {
      for (const address of ["", "#/series", "#/health", `#/series/${encodeURIComponent(hostileTexts[0] ?? "")}`]) {
        const page = await open(address)
        await expect.poll(() => page.locator("main").textContent()).toContain("<script>")
        const harm = await page.evaluate(
          "({ ran: globalThis.wasRun === true, polluted: 'polluted' in {}, images: document.images.length })"
        )
        expect(harm).toEqual({ ran: false, polluted: false, images: 0 })
        const width = await page.evaluate("document.documentElement.scrollWidth")
        expect({ address, width }).toEqual({ address, width: 1440 })
        await page.close()
      }
      const page = await open("#/series?q=%22__proto__%22%3Dpolluted")
      expect(await page.locator(".toolbar p").textContent()).toBe("0 of 10 metrics, 0 series")
      await page.getByLabel("Filter").fill("__proto__=polluted")
      expect(await page.locator(".toolbar p").textContent()).toBe("10 of 10 metrics, 100 series")
      await page.close()
    })
  })
})

describe("ten thousand series", () => {
  it("can be scrolled, filtered and sorted while all of them change", async () => {
    await showing(many(), async () => {
      const page = await open("#/series?sort=rate")
      await page.getByRole("button", { name: "Open all" }).click()
      expect(await page.getByRole("table").getAttribute("aria-rowcount")).toBe("10041")
      expect(await rowsOf(page).count()).toBeLessThan(60)
      await page.evaluate("scrollTo(0, document.body.scrollHeight)")
      await expect.poll(() => rowsOf(page).last().getAttribute("aria-rowindex")).toBe("10041")
      const frames: ReadonlyArray<number> = await page.evaluate(`new Promise((resolve) => {
        const frames = []
        let last = performance.now()
        const frame = (now) => {
          frames.push(now - last)
          last = now
          scrollBy(0, -120)
          frames.length < 60 ? requestAnimationFrame(frame) : resolve(frames)
        }
        requestAnimationFrame(frame)
      })`)
      // How smooth it is the benchmark measures; on a machine with much else to do it must still move.
      const p95 = [...frames].sort((one, other) => one - other)[Math.floor(frames.length * 0.95)] ?? 0
      expect(p95).toBeLessThan(500)
      await page.getByLabel("Filter").fill("tenant=tenant-7 zone=zone-1")
      expect(await page.locator(".toolbar p").textContent()).toMatch(/^\d+ of 40 metrics, 1[34] series$/)
      await page.close()
    })
  })
})

describe("each screen", () => {
  const screens = ["#/overview", "#/series", "#/health", "#/series/jobs_processing_seconds", "#/server", "#/node"]

  for (const theme of ["light", "dark"] as const) {
    it(`has nothing that axe objects to, and fits windows of 400, 900 and 1440 pixels, ${theme}`, async () => {
      const page = await open("", { theme })
      for (const address of screens) {
        await page.evaluate(`location.hash = ${JSON.stringify(address)}`)
        await page.locator("main h2, main [role=row]").first().waitFor()
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

/** The screens of a server with ten thousand routes, from its library to Chromium. */
import { MetricsService } from "@parametric-portal/server/observe/metrics"
import { Telemetry } from "@parametric-portal/server/observe/telemetry"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Scope from "effect/Scope"
import * as Exit from "effect/Exit"
import type { Browser } from "playwright-core"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { makeDashboard } from "../../src/server.ts"
import { builtFolder } from "./built-folder.ts"
import { launch, open } from "./chromium.ts"

const routes = 10_000

/** With the overflow series: one route is over it. */
const limit = routes

/** Requests to each route, each second; every second route fails, the more often the higher its number is. */
const serving = Effect.gen(function* () {
  const { http } = yield* MetricsService
  const served = yield* Effect.forEach(
    Array.from({ length: routes }, (_, index) => index),
    (index) =>
      MetricsService.series(http.serverRequestDuration, {
        http_request_method: "GET",
        http_route: `/tenants/:id/reports-${index}`,
        url_scheme: "http",
        ...(index % 2 === 0
          ? { http_response_status_code: "200" }
          : { http_response_status_code: "500", error_type: "ReportFailed" })
      })
  )
  const second = Effect.sync(() =>
    served.forEach((series, index) => {
      for (let request = 0; request <= index / 1_000; request++) {
        series.record(0.002)
      }
    })
  )
  yield* Effect.forever(Effect.zipRight(Effect.zipRight(second, Telemetry.flush), Effect.sleep("1 second")))
})

let browser: Browser
let scope: Scope.CloseableScope
let url = ""

beforeAll(async () => {
  scope = await Effect.runPromise(Scope.make())
  const made = Effect.gen(function* () {
    const dashboard = yield* makeDashboard({ port: 0, pageFolder: yield* builtFolder })
    const telemetry = Telemetry.layer({
      destinations: [{ type: "otlp", url: `${new URL(dashboard.url).origin}/v1/metrics`, protocol: "http/protobuf" }],
      interval: "1 hour",
      registries: "own",
      serviceName: "reports"
    }).pipe(
      Layer.provideMerge(
        MetricsService.layer({ registry: "own", limits: { metrics: { http_server_request_duration_seconds: limit } } })
      )
    )
    yield* Effect.forkScoped(Effect.provide(serving, telemetry))
    return new URL(dashboard.url).origin
  })
  url = await Effect.runPromise(Scope.extend(made, scope))
  browser = await launch()
})

afterAll(async () => {
  await browser?.close()
  await Effect.runPromise(Scope.close(scope, Exit.void))
})

describe("ten thousand routes", () => {
  it("leave the screen Server with a few lines and the sum of the others", async () => {
    const { close, page, problems } = await open(browser, { url: `${url}/#/server` })
    const errors = page.locator(".chart").filter({ hasText: "per second, by route" }).locator("li")
    const texts = () => errors.allTextContents()
    await expect
      .poll(async () => (await texts()).filter((text) => text.startsWith("others")).length, { timeout: 60_000 })
      .toBe(1)
    const requests = page.locator(".chart").filter({ hasText: "per second, by status" }).locator("li")
    expect((await requests.allTextContents()).map((text) => text.slice(0, 3)).toSorted()).toEqual(["2xx", "5xx"])
    await page.evaluate(`new Promise((resolve) => {
      let frames = 0
      const frame = () => (frames++ < 300 ? requestAnimationFrame(frame) : resolve())
      requestAnimationFrame(frame)
    })`)
    // Some seconds later, in which others may have become the largest.
    const routesShown = (await texts()).filter((text) => text.startsWith("/tenants/:id/reports-")).length
    expect(routesShown).toBeGreaterThanOrEqual(5)
    expect(routesShown).toBeLessThanOrEqual(8)
    expect(problems).toEqual([])
    await close()
  })

  it("are rows that the screen Series draws as they come into view", async () => {
    const { close, page, problems } = await open(browser, { url: `${url}/#/series` })
    await expect.poll(() => page.locator(".toolbar p").textContent(), { timeout: 60_000 }).toContain("series")
    await page.getByRole("button", { name: "Open all" }).click()
    const rows = page.locator(".rows [role=row]")
    await expect
      .poll(async () => Number(await page.getByRole("table").getAttribute("aria-rowcount")))
      .toBeGreaterThan(routes)
    expect(await rows.count()).toBeLessThan(60)
    await page.getByLabel("Filter").fill("http.route=/tenants/:id/reports-77")
    await expect.poll(() => page.locator(".toolbar p").textContent()).toMatch(/ 1 series$/)
    expect(problems).toEqual([])
    await close()
  })
})

/** Where the jobs page can be mounted, and what it answers there besides its API. */
import { createServer, request as send } from "node:http"
import { expect, it } from "@effect/vitest"
import * as HttpApi from "@effect/platform/HttpApi"
import * as HttpApiBuilder from "@effect/platform/HttpApiBuilder"
import * as HttpApiEndpoint from "@effect/platform/HttpApiEndpoint"
import * as HttpApiGroup from "@effect/platform/HttpApiGroup"
import * as HttpLayerRouter from "@effect/platform/HttpLayerRouter"
import * as HttpRouter from "@effect/platform/HttpRouter"
import * as HttpServerRequest from "@effect/platform/HttpServerRequest"
import * as HttpServerResponse from "@effect/platform/HttpServerResponse"
import * as NodeHttpServer from "@effect/platform-node/NodeHttpServer"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Layer from "effect/Layer"
import * as Schema from "effect/Schema"
import type * as Scope from "effect/Scope"
import * as TestServices from "effect/TestServices"
import type { JobService } from "../../../src/infra/jobs.ts"
import { JobsPage } from "../../../src/infra/jobs-page.ts"
import { makeWith } from "../../../src/infra/jobs-page/app.ts"
import { client } from "../jobs/world.ts"
import { byHeader, pageModule, serve, site, writer } from "./site.ts"

const live = <A, E>(effect: Effect.Effect<A, E, JobService | Scope.Scope>) =>
  effect.pipe(Effect.provide(client()), TestServices.provideLive)

it.scoped("answers below any path with the page, its files, its configuration and its API", () =>
  live(
    Effect.gen(function* () {
      for (const [mount, prefix] of [
        ["/admin", "/admin"],
        ["/a/b", "/a/b"],
        ["/", ""]
      ] as const) {
        const { get } = yield* site({}, mount)
        const answers = yield* Effect.forEach(["/", "/assets/index-1.js", "/jobs/summary"], (path) =>
          get(prefix + path)
        )
        expect(
          answers.map(({ headers, status }) => [status, headers["content-type"], headers["cache-control"]])
        ).toEqual([
          [200, "text/html; charset=utf-8", "no-cache"],
          [200, "text/javascript; charset=utf-8", "public, max-age=31536000, immutable"],
          [200, "application/json", "no-store"]
        ])
        expect(answers[1]?.text).toBe("start()\n".repeat(100))
        expect((yield* get(`${prefix}/config.json?x`)).json).toEqual({ hasMetrics: false, hasJobs: true, setup: [] })
        const none = yield* Effect.forEach(
          ["/live", "/none", "/assets/", "/assets/../index.html", "/jobs", "/jobs/none", "/jobsx"],
          (path) => get(prefix + path)
        )
        expect(none.map(({ status }) => status)).toEqual(none.map(() => 404))
        expect(none.at(-2)?.json).toEqual({ _tag: "NotFound", message: "There is nothing here" })
        expect(none.at(-1)?.text).toBe("There is nothing here\n")
      }
    })
  )
)

it.scoped("sends who comes without the slash to the same path with it, relatively", () =>
  live(
    Effect.gen(function* () {
      const at = (mount: `/${string}`, path: string) =>
        Effect.flatMap(site({}, mount), ({ get }) =>
          Effect.map(get(path), ({ headers, status }) => [status, headers.location])
        )
      expect(yield* at("/admin", "/admin")).toEqual([302, "./admin/"])
      expect(yield* at("/a/b", "/a/b")).toEqual([302, "./b/"])
      expect((yield* at("/a/b", "/a/b/"))[0]).toBe(200)
    })
  )
)

it.scoped("packs its files and lets browsers keep them", () =>
  live(
    Effect.gen(function* () {
      const { ask } = yield* site()
      const packed = yield* ask("/admin/assets/index-1.js", { headers: { ...writer, "accept-encoding": "gzip" } })
      expect(packed.headers).toMatchObject({ "content-encoding": "gzip", vary: "accept-encoding" })
      const known = yield* ask("/admin/assets/index-1.js", {
        headers: { ...writer, "accept-encoding": "gzip", "if-none-match": packed.headers.etag ?? "" }
      })
      expect([known.status, known.text]).toEqual([304, ""])
      const head = yield* ask("/admin/", { method: "HEAD", headers: writer })
      expect([head.status, head.text, head.headers["content-type"]]).toEqual([200, "", "text/html; charset=utf-8"])
    })
  )
)

/** A proxy that answers `/tools/…` with what a server has at `path…`. */
const proxy = (port: number, path: string) =>
  Effect.map(
    Effect.acquireRelease(
      Effect.async<ReturnType<typeof createServer>>((resume) => {
        const server = createServer((from, to) => {
          const options = { port, path: (from.url ?? "").replace(/^\/tools/, path), method: from.method }
          const request = send(
            { host: "127.0.0.1", ...options, headers: { ...from.headers, host: "inner" } },
            (answer) => {
              to.writeHead(answer.statusCode ?? 502, answer.headers)
              answer.pipe(to)
            }
          )
          from.pipe(request)
        })
        server.listen(0, "127.0.0.1", () => resume(Effect.succeed(server)))
      }),
      (server) => Effect.sync(() => server.close())
    ),
    (server) => {
      const address = server.address()
      return typeof address === "object" && address !== null ? address.port : 0
    }
  )

it.scoped("works behind a proxy that keeps, cuts or changes the path, and changes the host", () =>
  live(
    Effect.gen(function* () {
      for (const [mount, path] of [
        ["/tools", "/tools"],
        ["/", ""],
        ["/inner/page", "/inner/page"]
      ] as const) {
        const { port } = yield* site({ origins: ["http://outer.example"] }, mount)
        const base = `http://127.0.0.1:${yield* proxy(port, path)}/tools/`
        const read = (address: string) => Effect.promise(() => fetch(new URL(address, base), { headers: writer }))
        expect(yield* Effect.promise(async () => (await fetch(base, { headers: writer })).text())).toContain("Jobs")
        const answers = yield* Effect.forEach(["assets/index-1.js", "config.json", "jobs/access"], read)
        expect(answers.map(({ status }) => status)).toEqual([200, 200, 200])
        const change = yield* Effect.promise(() =>
          fetch(new URL("jobs/type/t/pause", base), {
            method: "POST",
            headers: { ...writer, origin: "http://outer.example" }
          })
        )
        expect(change.status).toBe(200)
      }
      // What is mounted elsewhere than it is seen: the last part of the path is the proxy's to correct.
      const { port } = yield* site({}, "/tools")
      const outer = yield* proxy(port, "/tools")
      const answer = yield* Effect.promise(() => fetch(`http://127.0.0.1:${outer}/tools`, { headers: writer }))
      expect([answer.status, new URL(answer.url).pathname]).toEqual([200, "/tools/"])
    })
  )
)

it.scoped("mounts what serves the metrics at `live`, for those with access only", () =>
  live(
    Effect.gen(function* () {
      const metrics = Effect.flatMap(HttpServerRequest.HttpServerRequest, ({ url }) =>
        url === "/broken"
          ? Effect.fail("broken")
          : Effect.succeed(
              HttpServerResponse.text(url, {
                headers: { "cache-control": "no-cache", "referrer-policy": "unsafe-url" }
              })
            )
      )
      const { ask, get, lines } = yield* site({ metrics, setup: ["A=b"] })
      expect((yield* get("/admin/config.json")).json).toEqual({ hasMetrics: true, hasJobs: true, setup: ["A=b"] })
      const paths = ["/live", "/live?x=1", "/live/metric?name=a%20b"]
      expect((yield* Effect.forEach(paths, (path) => get(`/admin${path}`))).map(({ text }) => text)).toEqual([
        "/",
        "/?x=1",
        "/metric?name=a%20b"
      ])
      const { headers } = yield* get("/admin/live")
      expect(headers).toMatchObject({ "cache-control": "no-cache", "referrer-policy": "no-referrer" })
      expect((yield* ask("/admin/live")).status).toBe(403)
      const broken = yield* get("/admin/live/broken")
      expect([broken.status, broken.text]).toEqual([500, "The request could not be answered\n"])
      expect(lines.map(({ level, message }) => [level, message])).toEqual([
        ["ERROR", "The jobs page could not answer a request"]
      ])
    })
  )
)

class Other extends HttpApi.make("other").add(
  HttpApiGroup.make("jobs").add(HttpApiEndpoint.get("list", "/jobs/list").addSuccess(Schema.String))
) {}

it.scoped("stays apart from the application's own API and from another page", () =>
  live(
    Effect.gen(function* () {
      const page = yield* makeWith({ access: byHeader }, pageModule)
      const second = yield* makeWith({ access: byHeader, formatPayload: (_, json) => json }, pageModule)
      const group = HttpApiBuilder.group(Other, "jobs", (handlers) =>
        handlers.handle("list", () => Effect.succeed("own"))
      )
      const own = HttpApiBuilder.toWebHandler(
        Layer.mergeAll(HttpApiBuilder.api(Other).pipe(Layer.provide(group)), NodeHttpServer.layerContext)
      )
      yield* Effect.addFinalizer(() => Effect.promise(own.dispose))
      const { get } = yield* serve(
        HttpRouter.empty.pipe(HttpRouter.mountApp("/one", page), HttpRouter.mountApp("/two", second))
      )
      const answers = yield* Effect.forEach(["/one", "/two"], (path) => get(`${path}/jobs/access`))
      expect(answers.map(({ json }) => json)).toEqual([
        { level: "write", who: "Ada", hasPayloads: false },
        { level: "write", who: "Ada", hasPayloads: true }
      ])
      const answer = yield* Effect.promise(() => own.handler(new Request("http://localhost/jobs/list")))
      expect(yield* Effect.promise(() => answer.json())).toBe("own")
      expect((yield* Effect.promise(() => own.handler(new Request("http://localhost/jobs/summary")))).status).toBe(404)
    })
  )
)

it.scoped("can be added to a router of layers", () =>
  live(
    Effect.gen(function* () {
      const page = yield* makeWith({ access: byHeader }, pageModule)
      const routes = HttpLayerRouter.use((router) => {
        const admin = router.prefixed("/admin")
        return Effect.zipRight(admin.add("*", "/", page), admin.add("*", "/*", page))
      })
      const { dispose, handler } = HttpLayerRouter.toWebHandler(
        Layer.provideMerge(routes, NodeHttpServer.layerContext),
        { disableLogger: true }
      )
      yield* Effect.addFinalizer(() => Effect.promise(dispose))
      const get = (path: string) =>
        Effect.promise(() => handler(new Request(`http://localhost${path}`, { headers: writer })))
      const paths = ["/admin", "/admin/", "/admin/assets/index-1.js", "/admin/jobs/access", "/admin/jobs/job/a%2Fb"]
      const answers = yield* Effect.forEach(paths, get)
      expect(answers.map(({ headers, status }) => [status, headers.get("location")])).toEqual([
        [302, "./admin/"],
        [200, null],
        [200, null],
        [200, null],
        [404, null]
      ])
    })
  )
)

it.scoped("loads its files from the package that has them", () =>
  live(
    Effect.gen(function* () {
      // In a clone they may not be built yet.
      const made = yield* Effect.either(JobsPage.make({ access: byHeader }))
      const problem = Either.match(made, { onLeft: ({ message }) => message, onRight: () => "none" })
      expect(problem).toMatch(/^none$|^The page is not built: /)
    })
  )
)

it.scoped("says what to install where the page is not there, and what is wrong with an origin", () =>
  live(
    Effect.gen(function* () {
      const made = (load: () => Promise<unknown>, origins?: ReadonlyArray<string>) =>
        Effect.map(Effect.flip(makeWith({ access: byHeader, origins }, load)), (error) => [error._tag, error.message])
      const install = [
        "JobsPageMissing",
        "The jobs page is of another package: npm install @parametric-portal/dashboard"
      ]
      expect(yield* made(() => Promise.reject(new Error("Cannot find package")))).toEqual(install)
      expect(yield* made(() => Promise.resolve({}))).toEqual(install)
      const [tag, message] = yield* made(async () => {
        const page = await import("@parametric-portal/dashboard/page-files")
        return { ...page, readPageFiles: () => page.readPageFiles("/none") }
      })
      expect([tag, message]).toEqual(["JobsPageMissing", expect.stringContaining("The page is not built")])
      for (const origin of ["admin.example.com", "https://admin.example.com/", "ftp://a", "*", ""]) {
        expect(yield* made(pageModule, ["https://fine.example", origin])).toEqual([
          "OptionsError",
          `origins: given ${origin}; expected origins, with a scheme and without a path, such as ` +
            "https://admin.example.com. Use a valid value, or omit it."
        ])
      }
    })
  )
)

/** The jobs page of a service of jobs, on a real HTTP server of this process, and requests that say all they want. */
import { mkdirSync, mkdtempSync, writeFileSync } from "node:fs"
import { createServer, type IncomingHttpHeaders, request as send } from "node:http"
import { tmpdir } from "node:os"
import { join } from "node:path"
import type * as HttpApp from "@effect/platform/HttpApp"
import * as HttpRouter from "@effect/platform/HttpRouter"
import * as HttpServer from "@effect/platform/HttpServer"
import * as NodeHttpServer from "@effect/platform-node/NodeHttpServer"
import * as Page from "@parametric-portal/dashboard/page-files"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as HashMap from "effect/HashMap"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import type * as Scope from "effect/Scope"
import type { JobService } from "../../../src/infra/jobs.ts"
import type { JobsPageAccess, JobsPageOptions } from "../../../src/infra/jobs-page.ts"
import { makeWith } from "../../../src/infra/jobs-page/app.ts"

const folder = mkdtempSync(join(tmpdir(), "jobs-page-"))
mkdirSync(join(folder, "assets"))
writeFileSync(join(folder, "index.html"), "<!doctype html><title>Jobs</title>".repeat(20))
writeFileSync(join(folder, "assets", "index-1.js"), "start()\n".repeat(100))

/** The peer, with files that need no build. */
export const pageModule = (): Promise<unknown> =>
  Promise.resolve({ ...Page, readPageFiles: () => Page.readPageFiles(folder) })

/** Says who sends a request: `x-user: Ada write`. */
export const byHeader: JobsPageOptions["access"] = ({ headers }) => {
  const [who = "", level = "none"] = (headers["x-user"] ?? "").split(" ")
  return Effect.succeed({ who, level: level as JobsPageAccess["level"] })
}

/** An answer. */
export interface Answer {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly text: string
  readonly json: unknown
}

/** What is sent. */
export interface Sent {
  readonly method?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string
}

/** Where to send requests. */
export interface Site {
  readonly port: number
  readonly ask: (path: string, sent?: Sent) => Effect.Effect<Answer>
  /** As somebody who may write, from the page itself. */
  readonly post: (path: string, body?: unknown, headers?: Readonly<Record<string, string>>) => Effect.Effect<Answer>
  readonly get: (path: string) => Effect.Effect<Answer>
  /** Lines of the log, each with its annotations. */
  readonly lines: ReadonlyArray<Line>
}

export interface Line {
  readonly level: string
  readonly message: string
  readonly annotations: Readonly<Record<string, unknown>>
}

export const writer = { "x-user": "Ada write" }
export const reader = { "x-user": "Bob read" }
export const samePage = { "sec-fetch-site": "same-origin" }

const ask = (port: number, path: string, { body, headers, method = "GET" }: Sent): Effect.Effect<Answer> =>
  Effect.promise(
    () =>
      new Promise<Answer>((resolve, reject) => {
        const request = send({ host: "127.0.0.1", port, path, method, headers }, (response) => {
          const chunks: Array<Buffer> = []
          response.on("data", (chunk: Buffer) => chunks.push(chunk))
          response.on("error", reject)
          response.on("end", () => {
            const text = Buffer.concat(chunks).toString()
            const isJson = response.headers["content-type"]?.includes("json") === true
            const json: unknown = isJson && text !== "" ? JSON.parse(text) : undefined
            resolve({ status: response.statusCode ?? 0, headers: response.headers, text, json })
          })
        })
        request.on("error", reject)
        request.end(body)
      })
  )

/** Serves an app on a free port until the scope closes. */
export const serve = (app: HttpApp.Default<unknown, never>): Effect.Effect<Site, never, Scope.Scope> =>
  Effect.gen(function* () {
    const lines: Array<Line> = []
    const logger = Logger.make<unknown, void>(({ annotations, logLevel, message }) => {
      const text = Array.isArray(message) ? String(message[0]) : String(message)
      lines.push({
        level: logLevel.label,
        message: text,
        annotations: Object.fromEntries(HashMap.toEntries(annotations))
      })
    })
    const live = HttpServer.serve(app).pipe(
      Layer.provideMerge(NodeHttpServer.layer(createServer, { port: 0, host: "127.0.0.1" })),
      Layer.provide(Logger.replace(Logger.defaultLogger, logger)),
      Layer.orDie
    )
    const { address } = Context.get(yield* Layer.build(live), HttpServer.HttpServer)
    const port = address._tag === "TcpAddress" ? address.port : 0
    return {
      port,
      lines,
      ask: (path, sent = {}) => ask(port, path, sent),
      get: (path) => ask(port, path, { headers: writer }),
      post: (path, body, headers = {}) =>
        ask(port, path, {
          method: "POST",
          headers: { ...writer, ...samePage, "content-type": "application/json", ...headers },
          body: JSON.stringify(body ?? {})
        })
    }
  })

/** The page of the service, mounted under a path. */
export const site = (
  options: Partial<JobsPageOptions<unknown, never, unknown>> = {},
  mount: `/${string}` = "/admin"
): Effect.Effect<Site, never, JobService | Scope.Scope> =>
  Effect.flatMap(Effect.orDie(makeWith({ access: byHeader, ...options }, pageModule)), (app) =>
    serve(mount === "/" ? app : HttpRouter.mountApp(HttpRouter.empty, mount, app))
  )

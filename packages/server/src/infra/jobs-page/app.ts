/**
 * The app: before all of it who sends the request, then the files of the page, its API and its metrics. All addresses
 * are relative to where it is mounted.
 */
import type * as HttpApp from "@effect/platform/HttpApp"
import * as HttpServerError from "@effect/platform/HttpServerError"
import * as HttpServerRequest from "@effect/platform/HttpServerRequest"
import * as HttpServerResponse from "@effect/platform/HttpServerResponse"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import type { OptionsError } from "../../observe/instrument/options-error.ts"
import { JobService } from "../jobs.ts"
import { apiOf } from "./api-app.ts"
import { Caller } from "./caller.ts"
import { admitted } from "./gate.ts"
import type { JobsPageOptions } from "./options.ts"
import { type JobsPageMissing, type Page, readPage } from "./page-files.ts"
import { Refusal, refused } from "./refusals.ts"
import { originsOf } from "./same-origin.ts"
import { sharedRead } from "./shared-read.ts"
import { summaryOf } from "./summary.ts"

/** The app over a page that is loaded so. */
export const makeWith = <E, R, E2 = never, R2 = never>(
  options: JobsPageOptions<E, R, E2, R2>,
  load: () => Promise<unknown>
): Effect.Effect<HttpApp.Default<never, R | R2>, JobsPageMissing | OptionsError, JobService> =>
  Effect.gen(function* () {
    const jobs = yield* JobService
    const { access, metrics, setup = [] } = options
    const origins = yield* originsOf(options.origins)
    const page = yield* readPage(load, { hasMetrics: metrics !== undefined, hasJobs: true, setup })
    const api = yield* apiOf({ jobs, summary: sharedRead(summaryOf(jobs)), view: options })
    const parts: Parts<E2, R2> = { api, metrics, page }
    return Effect.flatMap(HttpServerRequest.HttpServerRequest, (request) => {
      const path = pathOf(request.url)
      return admitted({ access, origins }, request).pipe(
        Effect.flatMap((caller) => Effect.provideService(route(parts, request, path), Caller, caller)),
        Effect.catchAllCause((cause) => answerOf(cause, isBelow(path, "jobs"))),
        Effect.map((response) => strict(response, page))
      )
    })
  })

interface Parts<E, R> {
  readonly api: HttpApp.Default
  readonly metrics: HttpApp.Default<E, R> | undefined
  readonly page: Page
}

const route = <E, R>(
  { api, metrics, page }: Parts<E, R>,
  request: HttpServerRequest.HttpServerRequest,
  path: string
): HttpApp.Default<E | Refusal, R> => {
  if (isBelow(path, "jobs")) {
    return Effect.updateService(api, HttpServerRequest.HttpServerRequest, withWholeType)
  }
  return metrics !== undefined && isBelow(path, "live")
    ? Effect.updateService(metrics, HttpServerRequest.HttpServerRequest, below("live"))
    : fileOf(page, request, path)
}

/** The path below where the app is mounted, without the slash at its beginning. */
const pathOf = (url: string): string => url.replace(/[?#].*$/s, "").replace(/^\//, "")

const isBelow = (path: string, folder: string): boolean => path === folder || path.startsWith(`${folder}/`)

/** A request as what is mounted below sees it. */
const below = (folder: string) => (request: HttpServerRequest.HttpServerRequest) => {
  const url = request.url.replace(/^\//, "").slice(folder.length)
  return request.modify({ url: url.startsWith("/") ? url : `/${url}` })
}

/**
 * A type with slashes as one part of the path again: nginx decodes what it passes on where `proxy_pass` has a path, as in
 * `jobs/type/mail/send/pause`.
 */
const withWholeType = (request: HttpServerRequest.HttpServerRequest) => {
  const [, before = "", type, after = ""] =
    /^(\/?jobs\/type\/)([^?]+\/[^?]+)(\/(?:pause|resume)(?:\?.*)?)$/s.exec(request.url) ?? []
  return type === undefined ? request : request.modify({ url: `${before}${type.replaceAll("/", "%2F")}${after}` })
}

const fileOf = (
  page: Page,
  request: HttpServerRequest.HttpServerRequest,
  path: string
): Effect.Effect<HttpServerResponse.HttpServerResponse, Refusal> => {
  const location = path === "" ? page.withSlash(request.originalUrl) : undefined
  const response =
    location === undefined
      ? page.answer(request, path)
      : HttpServerResponse.empty({ status: 302, headers: { location } })
  return response === undefined ? Effect.fail(nothingHere) : Effect.succeed(response)
}

const nothingHere = new Refusal({ status: 404, tag: "NotFound", message: "There is nothing here" })

/** What is refused says why; of what broke, only the log does. */
const answerOf = (
  cause: Cause.Cause<unknown>,
  isApi: boolean
): Effect.Effect<HttpServerResponse.HttpServerResponse> => {
  const error = Cause.squash(cause)
  if (error instanceof Refusal) {
    return Effect.succeed(refused(error, isApi))
  }
  if (HttpServerError.isServerError(error) && error._tag === "RouteNotFound") {
    return Effect.succeed(refused(nothingHere, isApi))
  }
  return Cause.isInterruptedOnly(cause)
    ? Effect.interrupt
    : Effect.as(Effect.logError("The jobs page could not answer a request", cause), refused(broken, isApi))
}

const broken = new Refusal({ status: 500, tag: "Unavailable", message: "The request could not be answered" })

/** What each answer carries, whatever it is of. */
const strict = (response: HttpServerResponse.HttpServerResponse, { headers }: Page) =>
  HttpServerResponse.setHeaders(response, {
    ...headers,
    "cache-control": response.headers["cache-control"] ?? "no-store"
  })

/** The files of the page, which an optional peer has: it is loaded when an app is made, and by nothing else. */
import type * as HttpServerRequest from "@effect/platform/HttpServerRequest"
import * as HttpServerResponse from "@effect/platform/HttpServerResponse"
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import * as Predicate from "effect/Predicate"

/** The page itself can't be served: the peer `@parametric-portal/dashboard` is not installed, or has no built page. */
export class JobsPageMissing extends Data.TaggedError("JobsPageMissing")<{
  /** What to do, in one line. */
  readonly message: string
  /** What failed. */
  readonly cause: unknown
}> {}

/** What the page can show where it is served: its `config.json`. */
export interface PageConfiguration {
  readonly hasMetrics: boolean
  readonly hasJobs: boolean
  readonly setup: ReadonlyArray<string>
}

interface PageRequest {
  readonly method: string
  readonly path: string
  readonly headers: Readonly<Record<string, string | undefined>>
}

interface PageAnswer {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body?: Uint8Array
}

/** What of `@parametric-portal/dashboard/page-files` is used here. */
export interface PageModule {
  readonly readPageFiles: () => ReadonlyMap<string, unknown>
  readonly answerPage: (
    files: ReadonlyMap<string, unknown>,
    configuration: PageConfiguration,
    request: PageRequest
  ) => PageAnswer | undefined
  /** Where a request belongs that came without the slash at its end; undefined where it has one. */
  readonly withSlash: (url: string) => string | undefined
  readonly pageHeaders: Readonly<Record<string, string>>
}

/** The page, read. */
export interface Page {
  /** The answer to a request for one of its files; undefined where it has no such path. */
  readonly answer: (
    request: HttpServerRequest.HttpServerRequest,
    path: string
  ) => HttpServerResponse.HttpServerResponse | undefined
  readonly withSlash: PageModule["withSlash"]
  readonly headers: Readonly<Record<string, string>>
}

/** Reads the files of the page once. */
export const readPage = (
  load: () => Promise<unknown>,
  configuration: PageConfiguration
): Effect.Effect<Page, JobsPageMissing> =>
  Effect.gen(function* () {
    const loaded = yield* Effect.tryPromise({ try: load, catch: missing })
    if (!isPageModule(loaded)) {
      return yield* missing(new TypeError(`${peer} is another version`))
    }
    const { answerPage, pageHeaders, readPageFiles, withSlash } = loaded
    const files = yield* Effect.try({ try: readPageFiles, catch: notBuilt })
    return {
      answer: ({ headers, method }, path) => {
        const answer = answerPage(files, configuration, { method, path, headers })
        return answer === undefined ? undefined : responseOf(answer)
      },
      withSlash,
      headers: pageHeaders
    }
  })

const peer = "@parametric-portal/dashboard"

// Not a literal: a bundle would have the module without the files that lie beside it.
const pageModule: string = `${peer}/page-files`

/** Loads the peer. */
export const loadPeer = (): Promise<unknown> => import(pageModule)

const missing = (cause: unknown): JobsPageMissing =>
  new JobsPageMissing({ message: `The jobs page is of another package: npm install ${peer}`, cause })

const notBuilt = (cause: unknown): JobsPageMissing =>
  new JobsPageMissing({
    message: Predicate.isError(cause) ? cause.message : `The files of ${peer} can't be read`,
    cause
  })

const isPageModule = (loaded: unknown): loaded is PageModule =>
  Predicate.isRecord(loaded) &&
  ["readPageFiles", "answerPage", "withSlash"].every((name) => typeof loaded[name] === "function") &&
  Predicate.isRecord(loaded["pageHeaders"])

const responseOf = ({ body, headers, status }: PageAnswer): HttpServerResponse.HttpServerResponse =>
  body === undefined
    ? HttpServerResponse.empty({ status, headers })
    : HttpServerResponse.uint8Array(body, { status, headers, contentType: headers["content-type"] })

/** Which answer a request for a file of the page gets. */
import { acceptsGzip } from "./accept-encoding.ts"
import type { PageFile, PageFiles } from "./files.ts"
import { pageHeaders } from "./headers.ts"

/** What the page can show where it is served: `config.json`. */
export interface PageConfiguration {
  /** Whether `live` answers: the screens of metrics. */
  readonly hasMetrics: boolean
  /** Whether `jobs` answers: the screens of jobs. */
  readonly hasJobs: boolean
  /** What is to be set so that metrics arrive, a line for each variable. */
  readonly setup: ReadonlyArray<string>
}

/** What of a request decides about the answer. */
export interface PageRequest {
  readonly method: string
  /** Relative to where the page is mounted and without a query, as in `assets/index-DYkb8poH.js`; empty for the page. */
  readonly path: string
  /** By lower-case name. */
  readonly headers: Readonly<Record<string, string | undefined>>
}

/** Status, headers and body of an answer; no body for `HEAD` and where the browser has the file. */
export interface PageAnswer {
  readonly status: 200 | 304 | 405
  readonly headers: Readonly<Record<string, string>>
  readonly body?: Uint8Array
}

/** The answer to a request for a file of the page or for `config.json`; `undefined` where the page has no such path. */
export const answerPage = (
  files: PageFiles,
  configuration: PageConfiguration,
  request: PageRequest
): PageAnswer | undefined => {
  if (request.path === "config.json") {
    return methodRefused(request) ?? answerConfiguration(configuration, request)
  }
  const file = files.get(request.path === "" ? "index.html" : request.path)
  return file === undefined ? undefined : (methodRefused(request) ?? answerFile(file, request))
}

const methodRefused = ({ method }: PageRequest): PageAnswer | undefined =>
  method === "GET" || method === "HEAD" ? undefined : { status: 405, headers: { ...pageHeaders, allow: "GET, HEAD" } }

const answerConfiguration = (configuration: PageConfiguration, { method }: PageRequest): PageAnswer => {
  const { hasJobs, hasMetrics, setup } = configuration
  const body = new TextEncoder().encode(JSON.stringify({ hasMetrics, hasJobs, setup }))
  const headers = { ...pageHeaders, "content-type": "application/json", "cache-control": "no-store" }
  return withBody({ status: 200, headers }, method, body)
}

const answerFile = (file: PageFile, { headers, method }: PageRequest): PageAnswer => {
  const gzip = acceptsGzip(headers["accept-encoding"]) ? file.gzip : undefined
  const etag = gzip === undefined ? file.etag : file.gzipEtag
  const about = {
    ...pageHeaders,
    "cache-control": file.cacheControl,
    etag,
    ...(file.gzip === undefined ? {} : { vary: "accept-encoding" })
  }
  if (isKnown(headers["if-none-match"], etag)) {
    return { status: 304, headers: about }
  }
  const encoded = gzip === undefined ? {} : { "content-encoding": "gzip" }
  const answer = { status: 200, headers: { ...about, "content-type": file.contentType, ...encoded } } as const
  return withBody(answer, method, gzip ?? file.body)
}

const withBody = (answer: PageAnswer, method: string, body: Uint8Array): PageAnswer =>
  method === "HEAD" ? answer : { ...answer, body }

/** A tag is compared weakly here, as RFC 9110 has it for `If-None-Match`. */
const isKnown = (tags: string | undefined, etag: string): boolean =>
  tags !== undefined && (tags.trim() === "*" || tags.split(",").some((tag) => tag.trim().replace(/^W\//, "") === etag))

/**
 * Where a request for the page belongs that came without the slash at the end: the last part of its path with a slash,
 * relative, so that it holds behind a proxy that has cut a part off; with its query. `undefined` where it has a slash.
 */
export const withSlash = (url: string): string | undefined => {
  const [path = "", ...query] = url.split("?")
  if (path.endsWith("/")) {
    return undefined
  }
  const last = path.slice(path.lastIndexOf("/") + 1)
  return `./${last}/${query.length === 0 ? "" : `?${query.join("?")}`}`
}

/** The route of one request: what a router has told of it, else what its span says, else what a look-up finds. */
import type * as HttpServerRequest from "@effect/platform/HttpServerRequest"
import type * as Cause from "effect/Cause"
import type * as Tracer from "effect/Tracer"
import { isUnmatched, outcomeOf } from "./error-type.ts"

/** Finds the route of a request by the router that serves it, without running a handler. */
export interface LookUp {
  /** A span may say the route without the prefix of what is mounted on the router. */
  readonly hasMounts: boolean
  /** Tells `route` what the router has for the request. */
  readonly find: (request: HttpServerRequest.HttpServerRequest, route: RequestRoute) => void
}

/** As far as it is known. */
export class RequestRoute {
  /** Where the application is mounted that the request went to; its own router may know more of the route. */
  mounted: string | undefined = undefined
  private path: string | undefined = undefined
  private lookUp: LookUp | undefined = undefined
  private request: HttpServerRequest.HttpServerRequest
  private readonly span: Tracer.AnySpan | undefined

  constructor(request: HttpServerRequest.HttpServerRequest, span: Tracer.AnySpan | undefined) {
    this.request = request
    this.span = span
  }

  /** A router has found this route, below where its application is mounted. */
  routed(path: string): void {
    this.path = (this.mounted ?? "") + path
  }

  /** The request went to an application that is mounted here. */
  mountedAt(prefix: string): void {
    this.mounted = (this.mounted ?? "") + prefix
    this.path = undefined
  }

  /** What is mounted had no route; another router may follow, and is mounted as it was before. */
  leftMount(before: string | undefined): void {
    this.mounted = before
    this.path = undefined
  }

  /** The request, as it is now, goes to a router that can be asked for its route. */
  reached(request: HttpServerRequest.HttpServerRequest, lookUp: LookUp): void {
    this.request = request
    this.lookUp = lookUp
  }

  /** The template of the route, by the cause that the application failed with; `undefined` where there is or is known none. */
  found(cause: Cause.Cause<unknown> | undefined): string | undefined {
    if (this.path !== undefined) {
      return this.path
    }
    const traced = tracedRoute(this.span)
    if (traced !== undefined && this.isWhole(traced)) {
      return (this.mounted ?? "") + traced
    }
    if (cause !== undefined && isUnmatched(outcomeOf(cause))) {
      return undefined
    }
    this.lookUp?.find(this.request, this)
    return this.path ?? (this.mounted === undefined ? traced : `${this.mounted}/*`)
  }

  private isWhole(traced: string): boolean {
    const { lookUp, mounted, request } = this
    return mounted === undefined ? lookUp?.hasMounts !== true : isAsLong(mounted + traced, request.originalUrl)
  }
}

// A span of another kind is not the request's own: whoever started the server may have one, and all requests share it.
const tracedRoute = (span: Tracer.AnySpan | undefined): string | undefined => {
  const found = span?._tag === "Span" && span.kind === "server" ? span.attributes.get("http.route") : undefined
  return typeof found === "string" ? found : undefined
}

// A template of fewer segments than the path was found below another mount, whose prefix it lacks.
const isAsLong = (template: string, url: string): boolean => {
  const [path = ""] = /^[^?#]*/.exec(url.replace(/^[a-z]+:\/\/[^/]*/, "")) ?? []
  return template.split("/").length === path.split("/").length
}

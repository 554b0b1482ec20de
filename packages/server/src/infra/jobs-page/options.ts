/** What an application says of its jobs page: who may see it, and what it shows of payloads and traces. */
import type * as HttpApp from "@effect/platform/HttpApp"
import type * as HttpServerRequest from "@effect/platform/HttpServerRequest"
import type * as Effect from "effect/Effect"

/** What the application says of a request to the jobs page. */
export interface JobsPageAccess {
  /** `none` sees nothing, `read` sees jobs, `write` also cancels, replays, deletes, pauses and resumes. */
  readonly level: "none" | "read" | "write"
  /** Who sends the request: actions are logged with it, and the page shows it. */
  readonly who: string
  /**
   * The `WWW-Authenticate` of the answer to a request of level `none`, which then is 401 and not 403, as in
   * `Basic realm="jobs"`: the browser asks for a name and a password.
   */
  readonly challenge?: string | undefined
}

/** The options of `JobsPage.make`. */
export interface JobsPageOptions<E = never, R = never, E2 = never, R2 = never> {
  /**
   * Who may do what, asked for each request, also for the files of the page. There is no default. A request is refused
   * where it fails.
   */
  readonly access: (request: HttpServerRequest.HttpServerRequest) => Effect.Effect<JobsPageAccess, E, R>
  /**
   * What the page shows of a payload, which is given as JSON. Payloads are not shown unless it is given, and no more
   * of one than a million characters; where it throws, the page says so in its place.
   */
  readonly formatPayload?: ((jobType: string, payloadJson: string) => string) | undefined
  /**
   * The address at which the trace of a job can be read, by its id of 32 hexadecimal digits. One that is not of `http:`
   * or `https:` is not shown.
   */
  readonly traceUrl?: ((traceId: string) => string | undefined) | undefined
  /**
   * The origins that people open the page at, as in `https://admin.example.com`, where a proxy changes the `Host` of
   * requests. Browsers that send no `Sec-Fetch-Site`, which is over plain HTTP, then need one of them as `Origin`;
   * unless given, one that equals `Host`.
   */
  readonly origins?: ReadonlyArray<string> | undefined
  /** What answers at `live` below the page: its screens of metrics. There are none unless it is given. */
  readonly metrics?: HttpApp.Default<E2, R2> | undefined
  /** What is to be set so that metrics arrive, a line each; shown where there are screens of metrics, and none yet. */
  readonly setup?: ReadonlyArray<string> | undefined
}

/**
 * A page on which people see, cancel, replay and pause jobs: an app that is mounted on a router.
 *
 * @module
 */
import type * as HttpApp from "@effect/platform/HttpApp"
import type * as Effect from "effect/Effect"
import type { OptionsError } from "../../observe/instrument/options-error.ts"
import type { JobService } from "../jobs.ts"
import { makeWith } from "./app.ts"
import type { JobsPageOptions } from "./options.ts"
import { type JobsPageMissing, loadPeer } from "./page-files.ts"

/**
 * An app to be mounted on a router: `HttpRouter.mountApp("/admin", app)`. It has no login of its own: `access` says of
 * each request who sends it and what they may do. Fails with `JobsPageMissing` where the peer
 * `@parametric-portal/dashboard` is not installed, and with an `OptionsError` where `origins` are none.
 */
export const make = <E, R, E2 = never, R2 = never>(
  options: JobsPageOptions<E, R, E2, R2>
): Effect.Effect<HttpApp.Default<never, R | R2>, JobsPageMissing | OptionsError, JobService> =>
  makeWith(options, loadPeer)

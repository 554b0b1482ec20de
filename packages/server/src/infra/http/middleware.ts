/** The middleware for any application. */
import type * as HttpApp from "@effect/platform/HttpApp"
import * as HttpRouter from "@effect/platform/HttpRouter"
import type * as HttpServerRequest from "@effect/platform/HttpServerRequest"
import type * as HttpServerResponse from "@effect/platform/HttpServerResponse"
import * as Effect from "effect/Effect"
import { type AnyFiber, serviceOf } from "../../observe/instrument/fiber.ts"
import { MetricsService } from "../../observe/metrics.ts"
import { lookUpIn } from "./look-up.ts"
import { observeWriting } from "./observe.ts"
import { type Recorder, recorderOf } from "./recorder.ts"
import type { LookUp } from "./request-route.ts"
import { isRouter } from "./route.ts"

/**
 * Observes the requests to an application: `HttpServer.serve(app, HttpMetrics.middleware)`, or around an application
 * that is served by other means. Where one request meets it twice, it counts once.
 */
export const middleware = <E, R>(app: HttpApp.Default<E, R>): HttpApp.Default<E, R | MetricsService> => {
  const lookUps = new WeakMap<Recorder, LookUp>()
  const lookUpOf = (recorder: Recorder, fiber: AnyFiber): LookUp | undefined => {
    const known = lookUps.get(recorder)
    if (known !== undefined || !isRouter(app)) {
      return known
    }
    const made = lookUpIn(app, fiber.getFiberRef(HttpRouter.currentRouterConfig), recorder)
    lookUps.set(recorder, made)
    return made
  }
  return Effect.withFiberRuntime<
    HttpServerResponse.HttpServerResponse,
    E,
    R | HttpServerRequest.HttpServerRequest | MetricsService
  >((fiber) => {
    const recorder = recorderOf(serviceOf(fiber.currentContext, MetricsService))
    const lookUp = recorder.guard(() => lookUpOf(recorder, fiber))
    return observeWriting(app, recorder, lookUp)
  })
}

/** The API as an app, apart from what else the application makes with `HttpApiBuilder`. */
import * as Etag from "@effect/platform/Etag"
import * as FileSystem from "@effect/platform/FileSystem"
import type * as HttpApp from "@effect/platform/HttpApp"
import * as HttpApiBuilder from "@effect/platform/HttpApiBuilder"
import * as HttpPlatform from "@effect/platform/HttpPlatform"
import * as HttpRouter from "@effect/platform/HttpRouter"
import * as Path from "@effect/platform/Path"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { JobsApi } from "./api.ts"
import { type HandlerOptions, handlers } from "./handlers.ts"

/** More than the longest type, in bytes and as an address writes them; ids of others may be long. */
const longestParameter = 4000

/** The app of these endpoints. */
export const apiOf = (options: HandlerOptions): Effect.Effect<HttpApp.Default> => {
  const api = HttpApiBuilder.api(JobsApi).pipe(
    Layer.provide(handlers(options)),
    Layer.provideMerge(HttpApiBuilder.Router.Live),
    Layer.provideMerge(HttpApiBuilder.Middleware.layer)
  )
  return Effect.gen(function* () {
    const built = yield* Layer.build(Layer.fresh(api))
    const app = yield* Effect.provide(HttpApiBuilder.httpApp, built)
    return Effect.provide(app, yield* Layer.build(services))
  }).pipe(HttpRouter.withRouterConfig({ maxParamLength: longestParameter }), Effect.scoped)
}

/** What endpoints with files and forms need, of which there is none here. */
const services: Layer.Layer<HttpRouter.HttpRouter.DefaultServices> = Layer.mergeAll(
  HttpPlatform.layer,
  Etag.layer,
  Path.layer
).pipe(Layer.provideMerge(FileSystem.layerNoop({})))

/** The route is the template that answered, with and without tracing. */
import {
  HttpApi,
  HttpApiBuilder,
  HttpLayerRouter,
  HttpMiddleware,
  HttpRouter,
  HttpServer,
  HttpServerResponse
} from "@effect/platform"
import { expect, it } from "@effect/vitest"
import { Effect, FastCheck as fc, Layer, Tracer } from "effect"
import { describe } from "vitest"
import { HttpMetrics } from "../../../src/infra/http.ts"
import { ended, exchange, layer, portOf, request } from "./http-server.ts"

type Path = `/${string}`

interface Given {
  readonly method: "GET" | "POST"
  readonly path: Path
}

/** A set of routes, all below one prefix, and lines of requests to them. */
interface Case {
  readonly prefix: Path
  readonly routes: ReadonlyArray<Given>
  readonly config: { readonly caseSensitive: boolean; readonly ignoreTrailingSlash: boolean }
  readonly lines: ReadonlyArray<string>
}

const pathOf = (segments: ReadonlyArray<string>): Path => `/${segments.join("/")}`

const path = fc
  .record({
    segments: fc.array(fc.constantFrom("a", "b", ":id", ":n(^[0-9]+$)", ":id.:ext"), { maxLength: 3 }),
    isWild: fc.boolean()
  })
  .map(({ isWild, segments }) => pathOf(isWild ? [...segments, "*"] : segments))

const line = fc
  .record({
    method: fc.constantFrom("GET", "HEAD", "POST", "PROPFIND"),
    segments: fc.array(fc.constantFrom("a", "b", "A", "1", "x1", "x.y", "%2F", "%61", ""), { maxLength: 4 }),
    prefix: fc.constantFrom("/v1", "/V1", "", "/v2"),
    query: fc.constantFrom("", "?a=/b", "#a")
  })
  .map(({ method, prefix, query, segments }) => `${method} ${prefix}${pathOf(segments)}${query}`)

const cases: fc.Arbitrary<Case> = fc.record({
  prefix: fc.constant("/v1" as const),
  routes: fc.uniqueArray(fc.record({ method: fc.constantFrom("GET" as const, "POST" as const), path }), {
    minLength: 1,
    maxLength: 5,
    // Parameters that are parts of a segment are one to the router, whatever they match.
    selector: ({ method, path: template }) => `${method} ${template.replaceAll(/:n[^/]*|:id[.][^/]*/g, ":()")}`
  }),
  config: fc.record({ caseSensitive: fc.boolean(), ignoreTrailingSlash: fc.boolean() }),
  lines: fc.array(line, { minLength: 8, maxLength: 12 })
})

/** Answers with its template. */
const handler = (template: string) => HttpServerResponse.empty({ headers: { "x-route": template } })

const routerOf = (given: Case, templateOf: (path: Path) => string) =>
  given.routes.reduce(
    (made, { method, path: template }) => HttpRouter.route(method)(made, template, handler(templateOf(template))),
    HttpRouter.empty
  )

const prefixed = (given: Case) =>
  HttpRouter.prefixAll(
    routerOf(given, (template) => (template === "/" ? given.prefix : given.prefix + template)),
    given.prefix
  )

const below = (given: Case) => routerOf(given, (template) => given.prefix + template)

const noApi = HttpApiBuilder.api(HttpApi.make("api"))

const api = (routes: Layer.Layer<never>) =>
  HttpApiBuilder.serve().pipe(Layer.provide([noApi, routes, HttpMetrics.apiLayer]))

/** How the routes are served by each kind of router. */
const kinds = {
  "an HttpRouter": (given: Case) => HttpServer.serve(HttpMetrics.router(prefixed(given))),
  "an HttpRouter with a mount": (given: Case) =>
    HttpServer.serve(HttpMetrics.router(HttpRouter.mountApp(HttpRouter.empty, given.prefix, below(given)))),
  "an HttpApi": (given: Case) => api(HttpApiBuilder.Router.use((router) => router.concat(prefixed(given)))),
  "an HttpApi with a mount": (given: Case) =>
    api(HttpApiBuilder.Router.use((router) => router.mountApp(given.prefix, below(given)))),
  "an HttpLayerRouter": (given: Case) => {
    const routes = given.routes.map(({ method, path: template }) =>
      HttpLayerRouter.route(method, template, handler(template === "/" ? given.prefix : given.prefix + template))
    )
    const all = HttpLayerRouter.addAll(routes, { prefix: given.prefix })
    const { config: routerConfig } = given
    const options = { routerConfig, disableListenLog: true, disableLogger: true }
    return HttpLayerRouter.serve(Layer.merge(HttpMetrics.layerRouter, all), options)
  }
}

const spansAreLost = Tracer.make({
  span: (...[name, , , , , kind]) =>
    Object.create(Effect.runSync(Effect.makeSpan(name, { root: true })), {
      attribute: { value: () => undefined },
      kind: { value: kind }
    }),
  context: (run) => run()
})

/** How the requests of a server are traced. */
const tracing = {
  "with spans": <A, E, R>(effect: Effect.Effect<A, E, R>) => effect,
  "without spans": <A, E, R>(effect: Effect.Effect<A, E, R>) =>
    HttpMiddleware.withTracerDisabledWhenEffect(effect, () => true),
  "with the tracer off": <A, E, R>(effect: Effect.Effect<A, E, R>) => Effect.withTracerEnabled(effect, false),
  "with a tracer whose spans keep nothing": <A, E, R>(effect: Effect.Effect<A, E, R>) =>
    Effect.withTracer(effect, spansAreLost)
}

/** The template that answered, as the client learns it. */
const answeredBy = (line: string, answer: string): string => {
  const [method = ""] = line.split(" ")
  const [, status] = /^HTTP\/1.1 (\d+)/.exec(answer) ?? []
  const [, route] = /^x-route: (.*)\r$/im.exec(answer) ?? []
  return [method === "PROPFIND" ? "_OTHER" : method, ...(route === undefined ? [] : [route]), status].join(" ")
}

const countsOf = (keys: ReadonlyArray<string>) =>
  keys.reduce<Record<string, number>>((counts, key) => ({ ...counts, [key]: (counts[key] ?? 0) + 1 }), {})

describe.each(Object.entries(kinds))("the route of %s", (_, serving) => {
  it.live.each(Object.entries(tracing))("is the template that answered, %s", ([, traced]) =>
    Effect.promise(() =>
      fc.assert(
        fc.asyncProperty(cases, (given) =>
          Effect.gen(function* () {
            yield* traced(HttpRouter.withRouterConfig(Layer.build(serving(given)), given.config))
            const port = yield* portOf
            const answers = yield* Effect.forEach(given.lines, (one) =>
              Effect.map(exchange(port, request(one)), (answer) => answeredBy(one, answer))
            )
            expect(yield* ended(given.lines.length)).toEqual(countsOf(answers))
          }).pipe(Effect.scoped, Effect.provide(layer), Effect.runPromise)
        ),
        { numRuns: 15 }
      )
    )
  )
})

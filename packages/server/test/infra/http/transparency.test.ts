/** What a client receives and what the application sees is the same with and without the metrics. */
import {
  Headers,
  HttpApi,
  HttpApiBuilder,
  HttpApiEndpoint,
  HttpApiGroup,
  HttpApp,
  HttpLayerRouter,
  HttpMiddleware,
  HttpRouter,
  HttpServer,
  HttpServerRequest,
  HttpServerRespondable,
  HttpServerResponse
} from "@effect/platform"
import { expect, it } from "@effect/vitest"
import { Data, Effect, FastCheck as fc, Fiber, FiberRef, Layer, Runtime, type Scope, Stream } from "effect"
import { describe } from "vitest"
import { HttpMetrics } from "../../../src/infra/http.ts"
import { MetricsService } from "../../../src/observe/metrics.ts"
import * as Testing from "../../../src/observe/testing.ts"
import { connected, counts, exchange, layer, portOf, request, server } from "./http-server.ts"

class Failed extends Data.TaggedError("Failed")<{ readonly status: number }> {
  [HttpServerRespondable.symbol]() {
    return Effect.succeed(HttpServerResponse.text("failed", { status: this.status }))
  }
}

/** What does not end before its client goes away. */
type Abandoned = "never" | "endless"

/** What a handler does. */
type Program =
  | { readonly does: "respond"; readonly status: number; readonly body: "empty" | "text" | "stream" | "broken" | "raw" }
  | { readonly does: "fail"; readonly status: number }
  | { readonly does: Abandoned }
  | { readonly does: "die" | "dieWithResponse" | "interrupt" | "failAsUnknown" }
  | { readonly does: "yield" | "finalize" | "setHeader" | "mask" | "fork" | "span"; readonly next: Program }

const statuses = fc.constantFrom(200, 201, 302, 400, 404, 499, 500, 503)

const { program } = fc.letrec<{ readonly program: Program }>((tie) => ({
  program: fc.oneof(
    { maxDepth: 4 },
    fc.record({
      does: fc.constant("respond" as const),
      status: statuses,
      body: fc.constantFrom(...(["empty", "text", "stream", "broken", "raw"] as const))
    }),
    fc.record({ does: fc.constant("fail" as const), status: statuses }),
    fc.record({ does: fc.constantFrom(...(["die", "dieWithResponse", "interrupt", "failAsUnknown"] as const)) }),
    fc.record({
      does: fc.constantFrom(...(["yield", "finalize", "setHeader", "mask", "fork", "span"] as const)),
      next: tie("program")
    })
  )
}))

/** What happened in an application, in order. */
class Journal {
  readonly events: Array<string> = []
  program: Program = { does: "interrupt" }

  note(event: string): Effect.Effect<void> {
    return Effect.sync(() => {
      this.events.push(event)
    })
  }
}

const run = (journal: Journal, given: Program): HttpApp.Default<unknown, Scope.Scope> => {
  switch (given.does) {
    case "respond":
      return Effect.succeed(respond(journal, given))
    case "fail":
      return new Failed({ status: given.status })
    case "failAsUnknown":
      return Effect.fail("unknown")
    case "die":
      return Effect.die(new TypeError("defect"))
    case "dieWithResponse":
      return Effect.die(HttpServerResponse.text("died", { status: 418 }))
    case "interrupt":
      return Effect.interrupt
    case "never":
      return Effect.never
    case "endless":
      return Effect.succeed(HttpServerResponse.stream(Stream.forever(Stream.make(new Uint8Array(1_000)))))
    case "yield":
      return Effect.zipRight(Effect.yieldNow(), run(journal, given.next))
    case "finalize":
      return Effect.zipRight(
        Effect.addFinalizer(({ _tag }) => journal.note(`finalized ${_tag}`)),
        run(journal, given.next)
      )
    case "setHeader":
      return Effect.zipRight(
        HttpApp.appendPreResponseHandler((_, response) =>
          Effect.as(journal.note(`responding ${response.status}`), HttpServerResponse.setHeader(response, "x-set", "1"))
        ),
        run(journal, given.next)
      )
    case "mask":
      return Effect.uninterruptible(run(journal, given.next))
    case "fork":
      return Effect.flatMap(Effect.fork(run(journal, given.next)), Fiber.join)
    case "span":
      return Effect.withSpan(run(journal, given.next), "inner")
  }
}

const respond = (
  journal: Journal,
  { body, status }: Extract<Program, { readonly does: "respond" }>
): HttpServerResponse.HttpServerResponse => {
  const options = { status, headers: Headers.fromInput({ "x-kind": body }) }
  const chunks = Stream.tap(Stream.make("one", "two"), (chunk) => journal.note(`chunk ${chunk}`))
  switch (body) {
    case "empty":
      return HttpServerResponse.empty(options)
    case "text":
      return HttpServerResponse.text("text", options)
    case "raw":
      return HttpServerResponse.raw("raw", options)
    case "stream":
      return HttpServerResponse.stream(Stream.encodeText(chunks), { ...options, contentType: "text/plain" })
    case "broken":
      return HttpServerResponse.stream(Stream.encodeText(Stream.concat(chunks, Stream.fail("broken"))), options)
  }
}

/** The handler of every kind of application: it notes what it was run in, and runs the program. */
const handler = (journal: Journal) =>
  Effect.gen(function* () {
    const context = yield* Effect.context<never>()
    const labels = yield* FiberRef.get(FiberRef.currentMetricLabels)
    const isInterruptible = yield* Effect.checkInterruptible(Effect.succeed)
    const { url } = yield* HttpServerRequest.HttpServerRequest
    yield* journal.note(`handles ${url} ${isInterruptible} ${labels.length} ${keys(context.unsafeMap)}`)
    return yield* Effect.suspend(() => run(journal, journal.program))
  })

// The service that the metrics are recorded with is the one thing that is there more.
const keys = (context: ReadonlyMap<string, unknown>): string =>
  Array.from(context.keys())
    .filter((key) => key !== MetricsService.key)
    .sort((left, right) => left.localeCompare(right))
    .join(" ")

/** Notes the whole cause or response with which an application ended. */
const noting =
  (journal: Journal) =>
  <E, R>(app: HttpApp.Default<E, R>): HttpApp.Default<E, R> =>
    Effect.onExit(app, (exit) => journal.note(JSON.stringify(exit, withoutIds)))

// Fibers are numbered through the whole process; that of a client that went away has a number of its own.
const withoutIds = (key: string, value: unknown): unknown =>
  (key === "id" && Number(value) > 0) || key === "startTimeMillis" ? "any" : value

const api = HttpApi.make("api").add(HttpApiGroup.make("group").add(HttpApiEndpoint.get("run", "/run/:id")))

/** How each kind of application is served, with and without metrics. */
const kinds = {
  app: (journal: Journal, isWatched: boolean) => {
    const app = handler(journal)
    return HttpServer.serve(isWatched ? HttpMetrics.middleware(app) : app, noting(journal))
  },
  middleware: (journal: Journal, isWatched: boolean) => {
    const app = handler(journal)
    return HttpServer.serve(app, (served) => noting(journal)(isWatched ? HttpMetrics.middleware(served) : served))
  },
  router: (journal: Journal, isWatched: boolean) => {
    const router = HttpRouter.empty.pipe(
      HttpRouter.get("/run/:id", handler(journal)),
      HttpRouter.mountApp("/mounted", HttpRouter.empty.pipe(HttpRouter.get("/run/:id", handler(journal))))
    )
    return HttpServer.serve(isWatched ? HttpMetrics.router(router) : router, noting(journal))
  },
  HttpApi: (journal: Journal, isWatched: boolean) => {
    const group = HttpApiBuilder.group(api, "group", (handlers) =>
      handlers.handleRaw("run", () => Effect.orDie(handler(journal)))
    )
    const live = Layer.provide(HttpApiBuilder.api(api), group)
    const metrics = isWatched ? HttpMetrics.apiLayer : Layer.empty
    return HttpApiBuilder.serve(noting(journal)).pipe(Layer.provide([live, metrics]))
  },
  HttpLayerRouter: (journal: Journal, isWatched: boolean) => {
    const route = HttpLayerRouter.add("GET", "/run/:id", Effect.orDie(handler(journal)))
    return HttpLayerRouter.serve(isWatched ? Layer.merge(route, HttpMetrics.layerRouter) : route, {
      disableListenLog: true,
      disableLogger: true,
      middleware: noting(journal)
    })
  }
}

/** A server of its own, and what happens in it. */
const start = (kind: keyof typeof kinds, isWatched: boolean, isTraced = true) =>
  Effect.gen(function* () {
    const journal = new Journal()
    const built = Layer.build(Layer.provideMerge(kinds[kind](journal, isWatched), server))
    const context = yield* HttpMiddleware.withTracerDisabledWhenEffect(built, () => !isTraced)
    return { journal, port: yield* Effect.provide(portOf, context) }
  })

const withoutDate = (answer: string): string => answer.replace(/^Date: .*\r\n/m, "")

/** What a client receives of a program, and what happened meanwhile. */
const observed = ({ journal, port }: Effect.Effect.Success<ReturnType<typeof start>>, given: Program, line: string) =>
  Effect.gen(function* () {
    journal.events.length = 0
    journal.program = given
    const answer = withoutDate(yield* exchange(port, request(line)))
    yield* Effect.yieldNow()
    return { answer, events: [...journal.events] }
  })

describe.each(["app", "middleware", "router", "HttpApi", "HttpLayerRouter"] as const)("%s", (kind) => {
  it.scopedLive.each([true, false])(
    "answers the same bytes, ends with the same causes and does the same in the same order, traced: %s",
    (isTraced) =>
      Effect.gen(function* () {
        const plain = yield* start(kind, false, isTraced)
        const watched = yield* start(kind, true, isTraced)
        const { http } = yield* MetricsService
        const runPromise = Runtime.runPromise(yield* Effect.runtime<MetricsService>())
        const lines = fc.constantFrom("GET /run/1?a=b", "HEAD /run/2", "GET /none", "POST /run/3", "GET /mounted/run/4")
        const property = fc.asyncProperty(program, lines, (given, line) =>
          runPromise(
            Effect.gen(function* () {
              const expected = yield* observed(plain, given, line)
              expect(yield* observed(watched, given, line)).toEqual(expected)
              const active = counts(http.serverActiveRequests.row.name)
              yield* Testing.eventually(active, (found) => Object.keys(found).length === 0)
            })
          )
        )
        yield* Effect.promise(() => fc.assert(property, { numRuns: 150 }))
      }).pipe(Effect.provide(layer)),
    60_000
  )
})

// An application without a router is not interruptible.
describe.each(["router", "HttpApi", "HttpLayerRouter"] as const)("%s", (kind) => {
  it.scopedLive.each<Abandoned>(["never", "endless"])("ends as it would when the client goes away during %s", (does) =>
    Effect.gen(function* () {
      const ends = yield* Effect.forEach([false, true], (isWatched) =>
        Effect.gen(function* () {
          const { journal, port } = yield* start(kind, isWatched)
          journal.program = { does }
          const socket = yield* connected(port, request("GET /run/1"))
          yield* Effect.repeat(Effect.sleep("5 millis"), { until: () => journal.events.length > 0 })
          yield* Effect.sleep("20 millis")
          socket.destroy()
          yield* Effect.repeat(Effect.sleep("5 millis"), { until: () => journal.events.length > 1 })
          return journal.events
        })
      )
      const { http } = yield* MetricsService
      const active = counts(http.serverActiveRequests.row.name)
      yield* Testing.eventually(active, (found) => Object.keys(found).length === 0)
      expect(ends[1]).toEqual(ends[0])
    }).pipe(Effect.provide(layer))
  )
})

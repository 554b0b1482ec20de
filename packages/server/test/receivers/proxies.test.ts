/** Proxies between an application and a collector, and a collector in trouble: cumulative values are right in the end. */
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Scope from "effect/Scope"
import { eventually } from "../support/eventually.ts"
import { counted, startApp } from "./support/app.ts"
import { type Collector, collector } from "@parametric-portal/receivers/collector"
import { haproxy, nginx, type Proxy, type ReverseOptions } from "@parametric-portal/receivers/proxies"

/** The application ends; what its collector has then must be what it counted. */
const endsRight = (app: { readonly end: Effect.Effect<number> }, receiver: Pick<Collector, "total">) =>
  Effect.gen(function* () {
    const count = yield* app.end
    expect(count).toBeGreaterThan(20)
    expect(yield* eventually(receiver.total(counted), (total) => total === count)).toBe(count)
  })

type Make = (options: ReverseOptions) => Effect.Effect<Proxy, never, Scope.Scope>

const buffering: ReadonlyArray<{ readonly name: string; readonly make: Make }> = [
  { name: "nginx", make: nginx },
  {
    name: "nginx without buffering",
    make: (options) => nginx({ ...options, settings: ["proxy_request_buffering off", "proxy_buffering off"] })
  },
  { name: "HAProxy", make: haproxy },
  {
    name: "HAProxy with buffering",
    make: (options) => haproxy({ ...options, settings: ["option http-buffer-request"] })
  }
]

const restarted: ReadonlyArray<{ readonly name: string; readonly make: Make }> = [
  { name: "nginx", make: nginx },
  { name: "HAProxy", make: haproxy }
]

/** A limit that the collector is over before it has received anything. */
const refusing = 2

describe("cumulative values", () => {
  for (const { make, name } of buffering) {
    it.scopedLive(`arrive through ${name}`, () =>
      Effect.gen(function* () {
        const receiver = yield* collector()
        const proxy = yield* make({ to: receiver.port })
        const app = yield* startApp({ url: proxy.url, series: 3_000 })
        yield* Effect.sleep("2 seconds")
        yield* endsRight(app, receiver)
      })
    )
  }

  for (const { make, name } of restarted) {
    it.scopedLive(`arrive when ${name} is restarted`, () =>
      Effect.gen(function* () {
        const receiver = yield* collector()
        const scope = yield* Scope.make()
        const { port, url } = yield* Scope.extend(make({ to: receiver.port }), scope)
        const app = yield* startApp({ url })
        yield* Effect.sleep("1200 millis")
        yield* Scope.close(scope, Exit.void)
        yield* Effect.sleep("1200 millis")
        yield* make({ to: receiver.port, port })
        yield* Effect.sleep("1200 millis")
        yield* endsRight(app, receiver)
      })
    )
  }

  it.scopedLive("are right after the collector was frozen", () =>
    Effect.gen(function* () {
      const receiver = yield* collector()
      const app = yield* startApp({ url: receiver.url })
      yield* Effect.sleep("1 second")
      yield* receiver.freeze
      yield* Effect.sleep("3 seconds")
      yield* receiver.resume
      yield* Effect.sleep("1 second")
      yield* endsRight(app, receiver)
    })
  )

  it.scopedLive("are right after the collector refused for memory and was restarted", () =>
    Effect.gen(function* () {
      const scope = yield* Scope.make()
      const { port, url } = yield* Scope.extend(collector({ memory: refusing }), scope)
      const app = yield* startApp({ url })
      yield* Effect.sleep("2 seconds")
      expect(app.said().join("\n")).toMatch(/Metrics are not exported to \S+: 503 Service Unavailable/)
      yield* Scope.close(scope, Exit.void)
      const receiver = yield* collector({ port })
      yield* Effect.sleep("1 second")
      yield* endsRight(app, receiver)
    })
  )
})

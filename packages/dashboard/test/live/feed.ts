/** A live page without a socket: what processes send at times that a test says, and what a viewer gets. */
import * as Effect from "effect/Effect"
import type { Scope } from "effect/Scope"
import * as TestClock from "effect/TestClock"
import { type Live, makeLive } from "../../src/live.ts"
import type { SharedEvent } from "../../src/live/event.ts"
import type { Law, State, Tick } from "../../src/protocol/live.ts"
import type { Attributes, Exemplar, Point } from "../../src/receiver/model.ts"
import type { RequestRecord } from "../../src/receiver/request-log.ts"
import { makeStore } from "../../src/receiver/store.ts"

type Sum = Extract<Point, { readonly kind: "sum" }>
type Sent =
  | {
      readonly name: string
      readonly attributes?: Attributes
      readonly counter: number
      readonly exemplars?: ReadonlyArray<Exemplar>
    }
  | { readonly name: string; readonly attributes?: Attributes; readonly gauge: number }
  | {
      readonly name: string
      readonly attributes?: Attributes
      readonly buckets: ReadonlyArray<number>
      readonly bounds: ReadonlyArray<number>
    }

export interface Feed {
  readonly live: Live
  /** A process exports: its points have the time `at`, which is the present one unless given. */
  readonly send: (
    process: string,
    points: ReadonlyArray<Sent>,
    options?: { readonly at?: number; readonly start?: number }
  ) => Effect.Effect<void>
  /** Lets seconds pass; the last tick after them. */
  readonly seconds: (count?: number) => Effect.Effect<Tick>
  readonly state: () => State
  readonly clear: Effect.Effect<void>
}

/** What an event says. */
export const dataOf = <A>(event: SharedEvent): A =>
  JSON.parse(
    Buffer.from(event.plain)
      .toString()
      .replace(/^event: \w+\ndata: /, "")
  ) as A

const record: RequestRecord = {
  index: 0,
  receivedAtMillis: 0,
  answeredAtMillis: 0,
  method: "POST",
  path: "/v1/metrics",
  headers: {},
  bytes: 100,
  inflatedBytes: 100,
  points: 0,
  acknowledged: 0,
  status: 200,
  failureMode: "None",
  message: ""
}

/** The test's clock begins at an hour, so that processes may have begun before. */
export const began = 3_600_000

export const makeFeed = (historyLimit?: number): Effect.Effect<Feed, never, Scope> =>
  Effect.gen(function* () {
    yield* TestClock.setTime(began)
    const live = yield* makeLive({ storeLimit: 1_000, ...(historyLimit === undefined ? {} : { historyLimit }) })
    const store = makeStore(Number.POSITIVE_INFINITY, live.observer)
    const ticks: Array<Tick> = []
    live.viewers.add({
      offer: (event) => {
        ticks.push(dataOf(event))
        return true
      },
      drop: () => undefined
    })
    const now = TestClock.currentTimeMillis
    const send: Feed["send"] = (process, sent, options = {}) =>
      Effect.map(now, (receivedAtMillis) => {
        const { at = receivedAtMillis, start = began } = options
        const resource = { "service.name": "test", "service.instance.id": process }
        const points = sent.map((one) => pointOf(one, { resource, at, start }))
        store.accept({ points, imprecise: [], exemplars: [], withoutValue: [] }, 0)
        live.observer.request(
          { ...record, receivedAtMillis, answeredAtMillis: receivedAtMillis, acknowledged: points.length },
          store.bytes()
        )
      })
    const seconds = (count = 1) =>
      Effect.map(TestClock.adjust(`${count} seconds`), () => {
        const last = ticks.at(-1)
        if (last === undefined) {
          throw new Error("no tick came")
        }
        return last
      })
    return { live, send, seconds, state: () => dataOf<State>(live.state()), clear: Effect.sync(store.clear) }
  })

const pointOf = (
  sent: Sent,
  { at, resource, start }: { readonly resource: Attributes; readonly at: number; readonly start: number }
): Point => {
  const common = {
    resource,
    scope: { name: "test", version: "1" },
    name: sent.name,
    attributes: sent.attributes ?? {},
    description: "",
    unit: "",
    startTimeUnixNano: BigInt(start) * 1_000_000n,
    timeUnixNano: BigInt(at) * 1_000_000n
  }
  if ("gauge" in sent) {
    return { ...common, kind: "gauge", value: sent.gauge }
  }
  if ("counter" in sent) {
    const sum: Sum = { ...common, kind: "sum", isMonotonic: true, temporality: "cumulative", value: sent.counter }
    return sent.exemplars === undefined ? sum : { ...sum, exemplars: sent.exemplars }
  }
  const count = sent.buckets.reduce((total, bucket) => total + bucket, 0)
  const value = { count, sum: count, bucketCounts: sent.buckets, explicitBounds: sent.bounds }
  return { ...common, kind: "histogram", temporality: "cumulative", value }
}

/** The law without the time since when it differs. */
export const numbersOf = (law: Law | null) => {
  if (law === null) {
    return null
  }
  const { differsSince: _, ...numbers } = law
  return numbers
}

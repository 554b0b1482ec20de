/** A store that is full takes no more, however the bytes came into it, until it is cleared. */
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { Receiver } from "../../src/receiver/receiver.ts"
import { attribute, gauge, point, post, requestOf } from "./request.ts"

const long = (index: number) => `${index}-${"x".repeat(16_000)}`

/** Requests of sixteen thousand characters, each with one series. */
const ways: ReadonlyArray<readonly [string, (index: number) => string]> = [
  ["attributes", (index) => requestOf(gauge(point({ attributes: [attribute("a", { stringValue: long(index) })] })))],
  ["resources", (index) => requestOf(gauge(point()), [attribute("a", { stringValue: long(index) })])],
  [
    "descriptions of series that are there already",
    (index) =>
      requestOf({
        ...gauge(point({ attributes: [attribute("a", { intValue: index })] })),
        description: index >= 0 ? long(index) : ""
      })
  ]
]

describe("a store", () => {
  for (const [title, bodyOf] of ways) {
    it.scopedLive(`is full of ${title} at last, and can be cleared`, () =>
      Effect.gen(function* () {
        const receiver = yield* Receiver.make({ storeLimit: 256_000 })
        const statuses: Array<number> = []
        for (let index = 0; index < 18; index++) {
          statuses.push((yield* post(receiver.url, bodyOf(index))).status)
        }
        expect(statuses[0]).toBe(200)
        expect(statuses.at(-1)).toBe(503)
        expect((yield* post(receiver.url, requestOf(gauge(point())))).status).toBe(503)
        yield* receiver.clear
        expect((yield* post(receiver.url, requestOf(gauge(point())))).status).toBe(200)
      })
    )
  }

  it.scopedLive("counts what series share for each of them, as its state shows it", () =>
    Effect.gen(function* () {
      const receiver = yield* Receiver.make({ storeLimit: 256_000 })
      const points = Array.from({ length: 30 }, (_, index) =>
        point({ attributes: [attribute("a", { intValue: index })] })
      )
      const body = requestOf(gauge(...points), [attribute("a", { stringValue: long(1) })])
      expect((yield* post(receiver.url, body)).status).toBe(200)
      expect((yield* post(receiver.url, body)).status).toBe(503)
    })
  )
})

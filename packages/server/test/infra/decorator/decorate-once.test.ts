import { expect, it } from "@effect/vitest"
import { Effect, Logger } from "effect"
import { describe } from "vitest"
import { decorateOnce } from "../../../src/infra/decorator/decorate-once.ts"
import { MetricsService } from "../../../src/observe/metrics.ts"
import * as Testing from "../../../src/observe/testing.ts"

interface Service {
  readonly calls: number
}

describe("decorateOnce", () => {
  it.effect("returns a decorated service as it is, and warns once by its name", () =>
    Effect.gen(function* () {
      const lines: Array<string> = []
      const logger = Logger.replace(
        Logger.defaultLogger,
        Logger.make(({ message }) => void lines.push(String(message)))
      )
      yield* Effect.gen(function* () {
        const { meter } = yield* MetricsService
        const options = { meter, decorate: ({ calls }: Service) => ({ calls: calls + 1 }) }
        const decorated = decorateOnce<Service>("Service", { calls: 0 }, options)
        expect(decorated).toEqual({ calls: 1 })
        expect(decorateOnce("Service", decorated, options)).toBe(decorated)
        expect(decorateOnce("Service", decorated, options)).toBe(decorated)
        expect(decorateOnce<Service>("Service", { calls: 0 }, options)).toEqual({ calls: 1 })
      }).pipe(Effect.provide(logger))
      expect(lines).toEqual([
        "The metrics of Service are provided twice: the second layer changes nothing, and its options are ignored"
      ])
    }).pipe(Effect.provide(Testing.layer()))
  )
})

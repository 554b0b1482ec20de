/** A cache whose requests are counted: the cache itself, but for the methods that ask it for something. */
import * as Effect from "effect/Effect"
import type { Requests } from "./requests.ts"

/** The cache with its requests counted. What the cache calls on itself is not counted again. */
export const watchedCache = <C extends object>(cache: C, requests: Requests): C =>
  new Proxy(cache, {
    get: (target, name) => {
      const own: unknown = Reflect.get(target, name, target)
      const around = typeof name === "string" && Object.hasOwn(methods, name) ? methods[name] : undefined
      if (around === undefined || typeof own !== "function") {
        return own
      }
      return (...given: ReadonlyArray<unknown>): unknown => {
        const request: unknown = Reflect.apply(own, target, given)
        return Effect.isEffect(request) ? around(requests, request) : request
      }
    }
  })

type Around = (requests: Requests, request: Effect.Effect<unknown, unknown, unknown>) => unknown

const methods: Readonly<Record<string, Around>> = {
  get: (requests, request) => requests.get(request),
  getEither: (requests, request) => requests.get(request),
  getOption: (requests, request) => requests.getOption(request),
  getOptionComplete: (requests, request) => requests.getOption(request),
  refresh: (requests, request) => requests.refresh(request)
}

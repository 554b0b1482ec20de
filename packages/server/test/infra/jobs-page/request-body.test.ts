/** A body that arrives too slowly is not waited for. */
import { expect, it } from "@effect/vitest"
import * as HttpServerRequest from "@effect/platform/HttpServerRequest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as TestClock from "effect/TestClock"
import { checkedBody } from "../../../src/infra/jobs-page/request-body.ts"

const requestOf = (body: ReadableStream) =>
  HttpServerRequest.fromWeb(
    new Request("http://localhost/", {
      method: "POST",
      headers: { "content-type": "application/json", "transfer-encoding": "chunked" },
      body,
      duplex: "half"
    })
  )

it.effect("waits ten seconds for a body", () =>
  Effect.gen(function* () {
    const never = yield* Effect.fork(Effect.flip(checkedBody(requestOf(new ReadableStream()))))
    yield* TestClock.adjust("9 seconds")
    expect(never.unsafePoll()).toBeNull()
    yield* TestClock.adjust("1 second")
    expect(yield* Fiber.join(never)).toMatchObject({ status: 408, message: "The body took too long" })
  })
)

it.effect("leaves the body at hand for the endpoint", () =>
  Effect.gen(function* () {
    const request = requestOf(
      new ReadableStream({
        start: (controller) => {
          controller.enqueue(new TextEncoder().encode('{"ids":["a"]}'))
          controller.close()
        }
      })
    )
    yield* checkedBody(request)
    expect(yield* request.json).toEqual({ ids: ["a"] })
  })
)

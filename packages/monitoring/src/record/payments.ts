/** A payment provider, as the shop sees it: for a while it is slow, and takes only some payments. */
import * as Effect from "effect/Effect"
import { createServer } from "node:http"
import { plan } from "./workload.ts"

/** Listens on a port of 127.0.0.1, which it returns; `start` is when the recording began, in epoch seconds. */
export const listenForPayments = (start: number) =>
  Effect.gen(function* () {
    const clock = yield* Effect.clock
    let count = 0
    const server = createServer((request, response) => {
      count += 1
      const second = clock.unsafeCurrentTimeMillis() / 1000 - start
      const isFailing = second >= plan.paymentsFail && second < plan.paymentsWork
      const status = isFailing && count % 3 > 0 ? 503 : 200
      const wait = isFailing ? 400 + 700 * Math.random() : 20 + 40 * Math.random()
      request.resume()
      setTimeout(() => response.writeHead(status).end("{}"), wait)
    })
    yield* Effect.acquireRelease(
      Effect.async<void>((resume) => {
        server.listen(0, "127.0.0.1", () => resume(Effect.void))
      }),
      () =>
        Effect.async<void>((resume) => {
          server.close(() => resume(Effect.void))
          server.closeAllConnections()
        })
    )
    const address = server.address()
    return typeof address === "object" && address !== null ? address.port : 0
  })

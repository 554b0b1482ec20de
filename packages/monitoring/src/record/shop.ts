/** The shop of the job server's package, with its payment provider and its customers. */
import * as Effect from "effect/Effect"
import { sendCustomers } from "./customers.ts"
import { listenForPayments } from "./payments.ts"
import { jobServerProgram, running } from "./processes.ts"
import type { startPrometheus } from "./prometheus.ts"

type Prometheus = Effect.Effect.Success<ReturnType<typeof startPrometheus>>

/** Runs it for as long as the scope is open, and has it scraped; `start` is when the recording began, in epoch seconds. */
export const runShop = (prometheus: Prometheus, start: number) =>
  Effect.gen(function* () {
    const payments = yield* listenForPayments(start)
    const shop = yield* running({
      ...jobServerProgram("shop.ts", []),
      env: { PAYMENTS: `http://payments:${payments}` }
    })
    const port = yield* shop.said(/The shop listens \(port (\d+)\)/)
    yield* prometheus.scrape({ job: "shop", instance: "shop-1" }, yield* shop.said(/Metrics can be scraped at (\S+)/))
    yield* sendCustomers(port)
  })

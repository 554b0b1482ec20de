/** The shop that is recorded for the pictures of the dashboards: its customers move all that a server is measured by. */
import { expect, it } from "@effect/vitest"
import { catalogue, type Row } from "@parametric-portal/server/observe/catalogue"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import { sendCustomers } from "../../src/record/customers.ts"
import { listenForPayments } from "../../src/record/payments.ts"
import { jobServerProgram, running } from "../../src/record/processes.ts"
import { storedNames } from "../../src/monitoring.ts"

const { cache, db, http, pool, rpc, runtime } = catalogue

const rows: ReadonlyArray<Row> = [cache, db, http, pool, rpc, runtime].flatMap((area) => Object.values(area))

/** Some transactions of the shop lose to others, and nobody knows which, or whether in this time. */
const isChance = (row: Row): boolean => row === db.transactionRetries

const page = (url: string): Effect.Effect<string> => Effect.promise(async () => (await fetch(url)).text())

/** The metrics of a page that have a series. */
const seriesOn = (text: string): ReadonlySet<string> =>
  new Set(text.split("\n").flatMap((line) => /^[a-z]\w*/.exec(line)?.[0] ?? []))

/** The rows that are not on the page; asked again for a minute, as some things happen now and then. */
const missing = (url: string, left = 60): Effect.Effect<ReadonlyArray<string>> =>
  Effect.flatMap(page(url), (text) => {
    const there = seriesOn(text)
    const absent = rows.filter((row) => !isChance(row) && !storedNames(row).some((name) => there.has(name)))
    return absent.length === 0 || left === 0
      ? Effect.succeed(absent.map(({ name }) => name))
      : Effect.delay(missing(url, left - 1), "1 second")
  })

it.scopedLive(
  "has a series of each metric of a server",
  () =>
    Effect.gen(function* () {
      const payments = yield* listenForPayments((yield* Clock.currentTimeMillis) / 1000)
      const shop = yield* running({
        ...jobServerProgram("shop.ts", []),
        env: { PAYMENTS: `http://payments:${payments}` }
      })
      const port = yield* shop.said(/The shop listens \(port (\d+)\)/)
      yield* Effect.forkScoped(sendCustomers(port))
      expect(rows.length).toBeGreaterThan(40)
      expect(yield* missing(yield* shop.said(/Metrics can be scraped at (\S+)/))).toEqual([])
    }),
  180_000
)

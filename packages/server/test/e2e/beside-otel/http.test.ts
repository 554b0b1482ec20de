/** One workload measured by this library and by OpenTelemetry's instrumentation of HTTP, in one process. */
import { expect, it } from "@effect/vitest"
import { authority } from "@parametric-portal/receivers/authority"
import { Effect, Schema } from "effect"
import { execFile } from "node:child_process"
import { promisify } from "node:util"
import { describe } from "vitest"
import { compiled } from "../../support/programs.ts"

const Numbers = Schema.Record({ key: Schema.String, value: Schema.Number })

const Measured = Schema.Struct({
  ours: Schema.Struct({ counts: Numbers, sums: Numbers }),
  theirs: Schema.Array(
    Schema.Struct({ method: Schema.String, status: Schema.String, count: Schema.Number, sum: Schema.Number })
  ),
  active: Numbers
})

const Printed = Schema.parseJson(Schema.Struct({ rounds: Schema.Array(Measured), all: Measured }))

type Both = typeof Measured.Type

const protocols = ["http", "https"] as const

/** What a program prints. */
const run = (name: string, protocol: (typeof protocols)[number]) =>
  Effect.gen(function* () {
    const file = yield* compiled(new URL(name, import.meta.url))
    const trusted = yield* authority("authority")
    const { cert_file: TLS_CERT, key_file: TLS_KEY } = trusted.issue("server")
    const tls = protocol === "https" ? { NODE_EXTRA_CA_CERTS: trusted.cert_file, TLS_CERT, TLS_KEY } : {}
    const options = { timeout: 120_000, env: { ...process.env, ...tls } }
    const { stdout } = yield* Effect.promise(() => promisify(execFile)(process.execPath, [file], options))
    return yield* Schema.decode(Printed)(stdout)
  })

/** The sums or counts of ours by method and status, over all routes. */
const byStatus = (found: Readonly<Record<string, number>>): ReadonlyMap<string, number> => {
  const added = new Map<string, number>()
  for (const [labels, value] of Object.entries(found)) {
    const words = labels.split(" ")
    const kind = [words[0], ...words.filter((word) => /^\d{3}$/.test(word)).slice(0, 1)].join(" ")
    added.set(kind, (added.get(kind) ?? 0) + value)
  }
  return added
}

/** How much longer a request of this kind took by theirs than by ours, in the round in which they differ least. */
const leastDifference = (
  rounds: ReadonlyArray<Both>,
  kind: string
): { readonly each: number; readonly share: number } => {
  const totals = rounds.map(({ ours, theirs }) => {
    const their = theirs.find(({ method, status }) => `${method} ${status}` === kind)
    return { ours: byStatus(ours.sums).get(kind) ?? 0, theirs: their?.sum ?? 0, count: their?.count ?? 0 }
  })
  const differences = totals.slice(1).map((total, at) => {
    const before = totals[at] ?? { ours: 0, theirs: 0, count: 0 }
    const [ours, theirs] = [total.ours - before.ours, total.theirs - before.theirs]
    return { each: (theirs - ours) / (total.count - before.count), share: (theirs - ours) / theirs }
  })
  return differences.reduce((least, one) => (Math.abs(one.each) < Math.abs(least.each) ? one : least))
}

/** Theirs are by server too, so that a kind may be there more than once. */
const theirCounts = (points: Both["theirs"]): Readonly<Record<string, number>> => {
  const added = new Map<string, number>()
  for (const { count, method, status } of points) {
    const kind = `${method} ${status}`
    added.set(kind, (added.get(kind) ?? 0) + count)
  }
  return Object.fromEntries(added)
}

const withoutScheme = (found: Readonly<Record<string, number>>) =>
  Object.fromEntries(Object.entries(found).map(([labels, count]) => [labels.replace(" https", ""), count]))

describe.each(protocols)("over %s", (protocol) => {
  it.scopedLive(
    "a server counts what the instrumentation counts, and takes as long, but for what the guide says",
    () =>
      Effect.gen(function* () {
        const { all, rounds } = yield* run("http-program.ts", protocol)
        const ours = Object.fromEntries(byStatus(all.ours.counts))
        const theirs = theirCounts(all.theirs)
        // Five clients went away before anything was sent: theirs have the status that Node would have sent.
        const abandoned = { GET: 5, "GET 200": (theirs["GET 200"] ?? 0) - 5 }
        expect(ours).toEqual({ ...theirs, ...abandoned, "GET 101": 1 })
        expect(withoutScheme(all.ours.counts)).toMatchObject({
          "GET /items/:id 204": 3_200,
          "GET 404": 3_200,
          "GET /half 200 Unknown": 20,
          "GET /defect 500 Unknown": 20,
          "GET /never client_abort": 5
        })
        expect(all.active).toEqual({})
        for (const kind of ["GET 202", "GET 203"]) {
          expect(Math.abs(leastDifference(rounds, kind).share)).toBeLessThan(0.01)
        }
        for (const kind of ["GET 200", "GET 204", "GET 404"]) {
          expect(Math.abs(leastDifference(rounds, kind).each)).toBeLessThan(0.0002)
        }
      }),
    180_000
  )

  it.scopedLive(
    "a client counts what the instrumentation counts, and takes as long, but for what the guide says",
    () =>
      Effect.gen(function* () {
        const { all, rounds } = yield* run("http-client-program.ts", protocol)
        const ours = Object.fromEntries(byStatus(all.ours.counts))
        const { "GET AbortError": aborted, "GET Error": failed, ...answered } = theirCounts(all.theirs)
        expect(ours).toEqual({ ...answered, GET: 7 })
        expect({ aborted, failed }).toEqual({ aborted: 5, failed: 2 })
        expect(withoutScheme(all.ours.counts)).toMatchObject({
          "GET 127.0.0.1 404 404": 1_200,
          "GET 127.0.0.1 503 503": 20,
          "GET 127.0.0.1 interrupted": 5,
          "GET 127.0.0.1 ECONNRESET": 1,
          "GET 127.0.0.1 ECONNREFUSED": 1
        })
        expect(all.active).toEqual({})
        expect(Math.abs(leastDifference(rounds, "GET 202").share)).toBeLessThan(0.01)
        for (const kind of ["GET 200", "GET 204", "GET 404"]) {
          expect(Math.abs(leastDifference(rounds, kind).each)).toBeLessThan(0.0002)
        }
      }),
    180_000
  )
})

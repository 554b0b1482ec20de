/** One workload measured by this library and by OpenTelemetry's instrumentation of HTTP, in one process. */
import { expect, it } from "@effect/vitest"
import { Effect, Schema } from "effect"
import { execFile } from "node:child_process"
import { promisify } from "node:util"
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

const program = Effect.gen(function* () {
  const file = yield* compiled(new URL("http-program.ts", import.meta.url))
  const { stdout } = yield* Effect.promise(() => promisify(execFile)(process.execPath, [file], { timeout: 120_000 }))
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

it.scopedLive(
  "counts what the instrumentation counts, and takes as long, but for what the guide says",
  () =>
    Effect.gen(function* () {
      const { all, rounds } = yield* program
      const ours = Object.fromEntries(byStatus(all.ours.counts))
      const theirs = Object.fromEntries(all.theirs.map(({ count, method, status }) => [`${method} ${status}`, count]))
      // Five clients went away before anything was sent: theirs have the status that Node would have sent.
      const abandoned = { GET: 5, "GET 200": (theirs["GET 200"] ?? 0) - 5 }
      expect(ours).toEqual({ ...theirs, ...abandoned, "GET 101": 1 })
      expect(all.ours.counts).toMatchObject({
        "GET /items/:id 204": 3_500,
        "GET 404": 3_500,
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

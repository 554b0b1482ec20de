/** The baggage of jobs: as text, and from a submit to its attempts. */
import * as SqlClient from "@effect/sql/SqlClient"
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as FastCheck from "effect/FastCheck"
import * as Layer from "effect/Layer"
import * as Schema from "effect/Schema"
import { type Baggage, Job, JobBaggage, JobService } from "../../../src/infra/jobs.ts"
import { settingsAsked } from "../../../src/infra/jobs/config.ts"
import { eventually, onBoth, world } from "./world.ts"

const { fromHeader, toHeader } = JobBaggage

const keys = FastCheck.string({ unit: FastCheck.constantFrom(..."abZ09!#$%&'*+-.^_`|~"), minLength: 1, maxLength: 10 })

describe("baggage", () => {
  it("is the same after it was written", () => {
    FastCheck.assert(
      FastCheck.property(
        FastCheck.uniqueArray(FastCheck.tuple(keys, FastCheck.string({ unit: "grapheme" })), {
          selector: ([key]) => key,
          maxLength: 10
        }),
        (members) => {
          const text = toHeader(Object.fromEntries(members))
          expect(text).toMatch(/^[!-~]*$/)
          expect(Object.entries(fromHeader(text))).toEqual(Object.entries(Object.fromEntries(members)))
        }
      )
    )
  })

  it("is read of any text without failing, and within the limits", () => {
    FastCheck.assert(
      FastCheck.property(
        FastCheck.string({ unit: FastCheck.constantFrom(...'ak=,;% \t"\u0000é\\2'), maxLength: 500 }),
        (text) => {
          const read = fromHeader(text)
          expect(fromHeader(toHeader(read))).toEqual(read)
        }
      )
    )
    expect(fromHeader("a = 1 ;p=2;q , b=%20%C3%A4,c,=d,e=f=g,f=%E0%A4%A, __proto__=1")).toEqual(
      Object.fromEntries([
        ["a", "1"],
        ["b", " ä"],
        ["e", "f=g"],
        ["__proto__", "1"]
      ])
    )
  })

  it("leaves out members beyond 64, or 8,192 characters, and none by half", () => {
    const numbered = (count: number) => Array.from({ length: count }, (_, index) => [`k${index}`, "v"] as const)
    const many: Baggage = Object.fromEntries(numbered(100))
    expect(Object.keys(fromHeader(toHeader(many)))).toEqual(numbered(64).map(([key]) => key))
    expect(
      Object.keys(
        fromHeader(
          numbered(100)
            .map((member) => member.join("="))
            .join(",")
        )
      )
    ).toHaveLength(64)
    const long: Baggage = { a: "x".repeat(8000), b: "y".repeat(300), c: "z" }
    expect(toHeader(long)).toBe(`a=${long["a"]},c=z`)
    expect(fromHeader(`a=${long["a"]},b=${long["b"]},c=z`)).toEqual({ a: long["a"] })
    expect(fromHeader("x".repeat(9000))).toEqual({})
    expect(toHeader({ "no token": "1", lone: "\ud800" })).toBe("lone=%EF%BF%BD")
  })

  it.effect("is carried by an option that names keys", () =>
    Effect.gen(function* () {
      expect((yield* settingsAsked()).baggage).toBe(false)
      expect((yield* settingsAsked({ baggage: ["tenant"] })).baggage).toEqual(["tenant"])
      expect(yield* Effect.flip(settingsAsked({ baggage: ["no token"] }))).toMatchObject({
        _tag: "OptionsError",
        option: "baggage"
      })
    })
  )
})

const Mail = Job.make({ type: "mail", payload: Schema.Number, success: Schema.Void, error: Schema.Never })
const Pay = Job.make({ type: "pay", payload: Schema.Number, success: Schema.Void, error: Schema.Never })

/** What attempts see; a payment mails. */
const seeing = () => {
  const seen: Array<readonly [string, Baggage]> = []
  const see = (type: string) => Effect.map(JobBaggage, (baggage) => void seen.push([type, baggage]))
  const pay = Pay.toLayer((sum) =>
    Effect.zipRight(see("pay"), Effect.orDie(Effect.flatMap(JobService, ({ submit }) => submit(Mail, sum)))).pipe(
      Effect.asVoid
    )
  )
  return {
    seen,
    layer: Layer.merge(
      pay,
      Mail.toLayer(() => see("mail"))
    )
  }
}

const given: Baggage = { tenant: "a b", "user.id": "7" }

onBoth("baggage", {
  "of a submit is that of its attempts, and of what they submit": (database) => {
    const { layer, seen } = seeing()
    return Effect.gen(function* () {
      const jobs = yield* JobService
      yield* Effect.provideService(jobs.submit(Pay, 1), JobBaggage, given)
      yield* eventually(
        Effect.sync(() =>
          expect(seen).toEqual([
            ["pay", given],
            ["mail", given]
          ])
        )
      )
      yield* jobs.submit(Mail, 2)
      yield* eventually(Effect.sync(() => expect(seen[2]).toEqual(["mail", {}])))
    }).pipe(Effect.provide(world(layer, { baggage: true }, database)))
  },

  "is kept of the keys alone that an option names": (database) => {
    const { layer, seen } = seeing()
    return Effect.gen(function* () {
      const jobs = yield* JobService
      const sql = yield* SqlClient.SqlClient
      const ids = yield* Effect.provideService(jobs.submitMany(Mail, [1, 2], { delay: "1 hour" }), JobBaggage, given)
      expect(yield* sql`SELECT baggage FROM jobs`).toEqual([{ baggage: "tenant=a%20b" }, { baggage: "tenant=a%20b" }])
      yield* sql`UPDATE jobs SET due_at = 0, baggage = 'tenant=c,other=d'`
      yield* Effect.forEach(ids, (id) => jobs.awaitResult(Mail, id))
      expect(seen.map(([, baggage]) => baggage)).toEqual([{ tenant: "c" }, { tenant: "c" }])
    }).pipe(Effect.provide(world(layer, { baggage: ["tenant"] }, database)))
  },

  "is not kept, and not read, without the option": (database) => {
    const { layer, seen } = seeing()
    return Effect.gen(function* () {
      const jobs = yield* JobService
      const sql = yield* SqlClient.SqlClient
      const id = yield* Effect.provideService(jobs.submit(Mail, 1, { delay: "1 hour" }), JobBaggage, given)
      expect(yield* sql`SELECT baggage FROM jobs`).toEqual([{ baggage: null }])
      yield* sql`UPDATE jobs SET due_at = 0, baggage = 'tenant=c'`
      yield* jobs.awaitResult(Mail, id)
      expect(seen).toEqual([["mail", {}]])
    }).pipe(Effect.provide(world(layer, {}, database)))
  }
})

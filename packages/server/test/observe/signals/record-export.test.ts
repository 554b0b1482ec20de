/** One export of a queue: what is taken, kept and dropped, whatever the receiver refuses. */
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as FastCheck from "effect/FastCheck"
import * as TestServices from "effect/TestServices"
import { Encoded } from "../../../src/observe/otlp/encoding.ts"
import { SendFailed, type Sender } from "../../../src/observe/otlp/sender.ts"
import { makeSizeLimit } from "../../../src/observe/otlp/size-limit.ts"
import { exportRecords } from "../../../src/observe/signals/record-export.ts"
import { RecordQueue } from "../../../src/observe/signals/record-queue.ts"
import { upTo } from "./recorded.ts"

type Verdict = Partial<Pick<SendFailed, "reason" | "isReset" | "pauseMs">> | "taken"

interface Given {
  readonly records: ReadonlyArray<number>
  /** What is answered to a request with these records, of so many bytes. */
  readonly answer: (records: ReadonlyArray<number>, bytes: number) => Verdict
  /** What the receiver says of what it takes. */
  readonly warning?: string
  /** Recorded while a request is under way. */
  readonly meanwhile?: number
  readonly unencodable?: number
  readonly maxBytes?: number
  /** How many may wait. */
  readonly limit?: number
  /** How much text each record has. */
  readonly characters?: number
}

const failure = (given: Exclude<Verdict, "taken">): SendFailed =>
  new SendFailed({
    reason: "unavailable",
    message: "no",
    isUnknown: false,
    isRefusedAtOnce: false,
    isReset: false,
    pauseMs: undefined,
    ...given
  })

/** A record of more than any limit that is suspected. */
const large = 999

const bytesOf = (batch: ReadonlyArray<number>): Uint8Array =>
  Buffer.from(JSON.stringify(batch) + " ".repeat(batch.includes(large) ? 200_000 : 0))

/** Exports records in batches of 64; what came of each. */
const exported = (given: Given) => {
  const {
    answer,
    characters = 1,
    limit = 1_000,
    maxBytes = 1_000_000,
    meanwhile,
    records,
    unencodable,
    warning = ""
  } = given
  const seen = {
    taken: new Array<number>(),
    requests: 0,
    encoded: 0,
    dropped: 0,
    pauseMs: 0,
    warnings: new Array<string>()
  }
  const queue = new RecordQueue<number>(
    { records: limit, characters: Number.POSITIVE_INFINITY, charactersOf: () => characters },
    () => {}
  )
  records.forEach((record) => queue.add(record))
  const sender: Sender = {
    send: ({ body }) =>
      Effect.suspend(() => {
        const sent: Array<number> = JSON.parse(Buffer.from(body.bytes).toString())
        const verdict = answer(sent, body.bytes.byteLength)
        seen.requests += 1
        if (verdict !== "taken") {
          return Effect.fail(failure(verdict))
        }
        seen.taken.push(...sent)
        if (meanwhile !== undefined) {
          queue.add(meanwhile)
        }
        return Effect.succeed({ points: 0, message: warning })
      }),
    giveUp: () => Effect.void,
    finish: Effect.void,
    cut: () => Effect.void
  }
  const context = {
    queue,
    maxBatchSize: 64,
    encode: (batch: ReadonlyArray<number>) => {
      seen.encoded += batch.length
      return unencodable !== undefined && batch.includes(unencodable)
        ? Effect.die(new Error("a getter that throws"))
        : Effect.sync(() => new Encoded({ bytes: bytesOf(batch), headers: {}, encodeMs: 0 }))
    },
    size: makeSizeLimit(maxBytes),
    record: { bytes: 0 },
    dropped: (_reason: string, count: number) => (seen.dropped += count),
    warned: (message: string) => Effect.sync(() => seen.warnings.push(message)),
    pause: (_why: string, ms = 0) => (seen.pauseMs = ms)
  }
  return Effect.map(exportRecords(context, sender), (report) => ({ ...seen, report, left: queue.take(1_000) }))
}

const refusal: Verdict = { reason: "content" }

describe("an export of a queue", () => {
  it.effect("takes everything, in order, in batches", () =>
    Effect.gen(function* () {
      const { left, report, requests, taken } = yield* exported({ records: upTo(200), answer: () => "taken" })
      expect(taken).toEqual(upTo(200))
      expect(left).toEqual([])
      expect(requests).toBe(4)
      expect(report).toEqual({ requests: 4, points: 200, rejected: 0, failures: [] })
    })
  )

  it.effect("ends, however fast something comes meanwhile, and leaves that to the next one", () =>
    Effect.gen(function* () {
      const given = { records: upTo(100), answer: () => "taken" as const, meanwhile: 7 }
      const { left, report, taken } = yield* Effect.timeout(exported(given), "1 second").pipe(TestServices.provideLive)
      expect(taken).toEqual(upTo(100))
      expect(left).toEqual([7, 7])
      expect(report.failures).toEqual([])
    })
  )

  it.effect("passes on what the receiver says of what it takes", () =>
    Effect.gen(function* () {
      const given = { records: upTo(100), answer: () => "taken" as const, warning: "the clock is ahead" }
      const { dropped, warnings } = yield* exported(given)
      expect(warnings).toEqual(["the clock is ahead", "the clock is ahead"])
      expect(dropped).toBe(0)
    })
  )

  it.effect("keeps everything where nothing is taken, which is a failure", () =>
    Effect.gen(function* () {
      for (const count of [1, 2, 3, 4, 64, 65, 200, 900]) {
        const { dropped, left, report, requests } = yield* exported({ records: upTo(count), answer: () => refusal })
        expect(left).toEqual(upTo(count))
        expect(dropped).toBe(0)
        expect(report).toMatchObject({ points: 0, rejected: 0, failures: ["no"] })
        expect(requests).toBeLessThanOrEqual(12)
      }
    })
  )

  it.effect("counts what is refused while something else is taken, which is no failure", () =>
    Effect.gen(function* () {
      const answer = (sent: ReadonlyArray<number>): Verdict => (sent.includes(1) ? refusal : "taken")
      const { left, report, taken } = yield* exported({ records: upTo(3), answer })
      expect(taken).toEqual([0, 2])
      expect(left).toEqual([])
      expect(report).toMatchObject({ points: 2, rejected: 1, failures: [] })
    })
  )

  it.effect("drops a refused batch when a later one is taken", () =>
    Effect.gen(function* () {
      const answer = (sent: ReadonlyArray<number>): Verdict => (sent.some((record) => record < 64) ? refusal : "taken")
      const { dropped, left, taken } = yield* exported({ records: upTo(100), answer })
      expect(taken).toEqual(upTo(100).slice(64))
      expect(left).toEqual([])
      expect(dropped).toBe(64)
    })
  )

  it.effect("looks further than the first records for one that is taken", () =>
    Effect.gen(function* () {
      const answer = (sent: ReadonlyArray<number>): Verdict => (sent.some((record) => record < 4) ? refusal : "taken")
      const tries = yield* Effect.replicateEffect(exported({ records: upTo(64), answer }), 5)
      const taken = tries.filter(({ taken }) => taken.length > 0)
      expect(taken.length).toBeGreaterThan(0)
      expect(taken.every(({ dropped, left }) => dropped === 4 && left.length === 0)).toBe(true)
    })
  )

  it.effect("encodes no more text at once than a request may have, the first time too", () =>
    Effect.gen(function* () {
      const given = { records: upTo(64), answer: () => "taken" as const, characters: 1_000, maxBytes: 10_000 }
      const { requests, taken } = yield* exported(given)
      expect(taken).toEqual(upTo(64))
      expect(requests).toBe(7)
    })
  )

  it.effect("drops nothing that was refused by chance before anything was taken", () =>
    Effect.gen(function* () {
      for (const until of [1, 2, 3, 4, 5, 6, 7]) {
        let requests = 0
        const { dropped, taken } = yield* exported({
          records: upTo(100),
          answer: () => (++requests > until ? "taken" : refusal)
        })
        expect(taken.toSorted((a, b) => a - b)).toEqual(upTo(100))
        expect(dropped).toBe(0)
      }
    })
  )

  it.effect("makes place for what comes where the queue is full of what is refused", () =>
    Effect.gen(function* () {
      const given = { records: upTo(200), answer: () => refusal, limit: 200 }
      const { dropped, left, report } = yield* exported(given)
      expect(left).toEqual(upTo(200).slice(64))
      expect(dropped).toBe(64)
      expect(report).toMatchObject({ rejected: 64, failures: ["no"] })
    })
  )

  it.effect("keeps what was refused, in order, where the receiver takes no more before it took anything", () =>
    Effect.gen(function* () {
      for (const until of [1, 2, 3, 4, 5, 6, 7]) {
        let requests = 0
        const answer = (): Verdict => (++requests > until ? { reason: "unavailable" } : refusal)
        const { dropped, left } = yield* exported({ records: upTo(100), answer })
        expect(left).toEqual(upTo(100))
        expect(dropped).toBe(0)
      }
    })
  )

  it.effect("drops what can't be encoded, alone", () =>
    Effect.gen(function* () {
      const { dropped, taken } = yield* exported({ records: upTo(100), answer: () => "taken", unencodable: 41 })
      expect(taken).toEqual(upTo(100).filter((record) => record !== 41))
      expect(dropped).toBe(1)
    })
  )

  it.effect("halves what is too large, and drops a record that is too large alone", () =>
    Effect.gen(function* () {
      const tooLarge = (_records: ReadonlyArray<number>, bytes: number): Verdict =>
        bytes > 40 ? { reason: "size" } : "taken"
      const some = yield* exported({ records: upTo(100), answer: tooLarge })
      expect(some.taken).toEqual(upTo(100))
      expect(some.dropped).toBe(0)
      const none = yield* exported({ records: upTo(10), answer: () => ({ reason: "size" }) })
      expect(none.left).toEqual([])
      expect(none.dropped).toBe(10)
    })
  )

  it.effect("sends nothing that is known to be too large", () =>
    Effect.gen(function* () {
      const sizes: Array<number> = []
      const answer = (_records: ReadonlyArray<number>, bytes: number): Verdict => {
        sizes.push(bytes)
        return "taken"
      }
      const { taken } = yield* exported({ records: upTo(100), answer, maxBytes: 50 })
      expect(taken).toEqual(upTo(100))
      expect(Math.max(...sizes)).toBeLessThanOrEqual(50)
    })
  )

  it.effect("encodes little in vain where all records are large", () =>
    Effect.gen(function* () {
      const { encoded, taken } = yield* exported({ records: upTo(640), answer: () => "taken", maxBytes: 32 })
      expect(taken).toEqual(upTo(640))
      expect(encoded).toBeLessThan(640 * 2)
    })
  )

  it.effect("is not stuck behind a large record whose connection is reset each time", () =>
    Effect.gen(function* () {
      const answer = (sent: ReadonlyArray<number>): Verdict =>
        sent.includes(large) ? { reason: "unavailable", isReset: true } : "taken"
      const context = { records: [0, large, 1, 2], answer }
      const first = yield* exported(context)
      expect(first.left).toEqual(context.records)
      const alone = yield* exported({ ...context, records: [large, 3], maxBytes: 100_000 })
      expect(alone.taken).toEqual([3])
      expect(alone.dropped).toBe(1)
    })
  )

  it.effect("keeps everything, in order, where the receiver takes no more, and says for how long", () =>
    Effect.gen(function* () {
      let requests = 0
      const answer = (): Verdict => (++requests > 1 ? { reason: "unavailable", pauseMs: 700 } : "taken")
      const { left, pauseMs, report, taken } = yield* exported({ records: upTo(200), answer })
      expect([...taken, ...left]).toEqual(upTo(200))
      expect(taken).toHaveLength(64)
      expect(pauseMs).toBe(700)
      expect(report.failures).toEqual(["no"])
    })
  )

  it.effect("keeps what it was in doubt about where the receiver is gone once it has taken another", () =>
    Effect.gen(function* () {
      let requests = 0
      const answer = (sent: ReadonlyArray<number>): Verdict => {
        requests += 1
        return requests === 4 ? { reason: "unavailable" } : sent.includes(0) ? refusal : "taken"
      }
      const { dropped, left, taken } = yield* exported({ records: upTo(3), answer })
      expect(taken).toHaveLength(1)
      expect([...left, ...taken].toSorted()).toEqual(upTo(3))
      expect(dropped).toBe(0)
    })
  )

  it.effect("asks no more than so often for what is refused", () =>
    Effect.gen(function* () {
      const answer = (sent: ReadonlyArray<number>): Verdict => (sent.some((record) => record > 0) ? refusal : "taken")
      const { dropped, left, requests, taken } = yield* exported({ records: upTo(64), answer })
      expect(taken).toEqual([0])
      expect(dropped).toBe(63)
      expect(left).toEqual([])
      expect(requests).toBeLessThan(50)
    })
  )

  it.effect.prop(
    "delivers each record once or drops or keeps it, and drops none but the refused ones where they are few",
    {
      count: FastCheck.integer({ min: 0, max: 300 }),
      refused: FastCheck.uniqueArray(FastCheck.integer({ min: 0, max: 300 }), { maxLength: 2 }),
      failing: FastCheck.integer({ min: 0, max: 60 })
    },
    ({ count, failing, refused }) =>
      Effect.gen(function* () {
        let requests = 0
        const answer = (sent: ReadonlyArray<number>): Verdict => {
          requests += 1
          if (requests === failing) {
            return { reason: "unavailable" }
          }
          return sent.some((record) => refused.includes(record)) ? { reason: "content" } : "taken"
        }
        const { dropped, left, taken } = yield* exported({ records: upTo(count), answer })
        const there = [...taken, ...left]
        expect(there.length + dropped).toBe(count)
        expect(new Set(there).size).toBe(there.length)
        expect(dropped).toBeLessThanOrEqual(refused.filter((record) => record < count).length)
        expect(taken.some((record) => refused.includes(record))).toBe(false)
        expect(left).toEqual(left.toSorted((a, b) => a - b))
      }),
    { fastCheck: { numRuns: 40 } }
  )
})

/** The queue of records: bounded, in order, and nothing is lost without a word. */
import { describe, expect, it } from "@effect/vitest"
import * as FastCheck from "effect/FastCheck"
import { RecordQueue } from "../../../src/observe/signals/record-queue.ts"
import { upTo } from "./recorded.ts"

/** Each record has as many characters as its number. */
const queueOf = (records: number, characters = Number.POSITIVE_INFINITY) => {
  const counted = { dropped: 0, why: "" }
  const queue = new RecordQueue<number>({ records, characters, charactersOf: (record) => record }, (dropped, why) => {
    counted.dropped += dropped
    counted.why = why
  })
  return { queue, counted }
}

describe("a queue of records", () => {
  it("gives out what came, the oldest first, in batches", () => {
    const { queue } = queueOf(10)
    upTo(5).forEach((record) => queue.add(record))
    expect(queue.take(2)).toEqual([0, 1])
    queue.add(5)
    expect(queue.take(9)).toEqual([2, 3, 4, 5])
    expect(queue.size).toBe(0)
  })

  it("drops what comes while it is full, and counts it", () => {
    const { counted, queue } = queueOf(3)
    upTo(5).forEach((record) => queue.add(record))
    expect(queue.take(9)).toEqual([0, 1, 2])
    expect(counted.dropped).toBe(2)
  })

  it("has what is put back before what came meanwhile, of which the newest is over", () => {
    const { counted, queue } = queueOf(4)
    upTo(3).forEach((record) => queue.add(record))
    const taken = queue.take(2)
    queue.add(3)
    queue.add(4)
    queue.putBack(taken)
    expect(queue.take(9)).toEqual([0, 1, 2, 3])
    expect(counted.dropped).toBe(1)
  })

  it("drops what is too much text, and says so", () => {
    const { counted, queue } = queueOf(10, 100)
    upTo(5).forEach(() => queue.add(30))
    expect(queue.take(9)).toEqual([30, 30, 30])
    expect(counted).toEqual({ dropped: 2, why: "more than 100 characters wait" })
  })

  it("has place for one record of more text than may wait", () => {
    const { counted, queue } = queueOf(10, 100)
    queue.add(1_000)
    queue.add(1)
    expect(queue.characters).toBe(1_000)
    expect(queue.take(9)).toEqual([1_000])
    queue.add(1)
    expect(queue.take(9)).toEqual([1])
    expect(counted.dropped).toBe(1)
  })

  it("gives out no more text than is asked for, but one record at least", () => {
    const { queue } = queueOf(10)
    ;[40, 40, 40, 500, 1].forEach((record) => queue.add(record))
    expect(queue.take(9, 100)).toEqual([40, 40])
    expect(queue.take(9, 100)).toEqual([40])
    expect(queue.take(9, 100)).toEqual([500])
    expect(queue.take(9, 100)).toEqual([1])
    expect(queue.characters).toBe(0)
  })

  it("is full with what leaves no place for another record", () => {
    const { queue } = queueOf(4, 100)
    queue.add(10)
    expect(queue.isFullWith([1, 2])).toBe(false)
    expect(queue.isFullWith([1, 2, 3])).toBe(true)
    expect(queue.isFullWith([90])).toBe(true)
  })

  it("holds no more than its limits, keeps the order, and what is not given out was counted as dropped", () => {
    const step = FastCheck.oneof(
      FastCheck.record({ type: FastCheck.constant("add" as const), count: FastCheck.integer({ min: 1, max: 9 }) }),
      FastCheck.record({ type: FastCheck.constant("take" as const), count: FastCheck.integer({ min: 0, max: 9 }) }),
      FastCheck.record({ type: FastCheck.constant("fail" as const), count: FastCheck.integer({ min: 1, max: 9 }) })
    )
    const limits = FastCheck.tuple(FastCheck.integer({ min: 1, max: 12 }), FastCheck.integer({ min: 1, max: 200 }))
    FastCheck.assert(
      FastCheck.property(limits, FastCheck.array(step), ([limit, text], steps) => {
        const { counted, queue } = queueOf(limit, text)
        const out: Array<number> = []
        let next = 0
        for (const { count, type } of steps) {
          if (type === "add") {
            upTo(count).forEach(() => queue.add(next++))
          } else if (type === "take") {
            out.push(...queue.take(count))
          } else {
            const taken = queue.take(count)
            queue.add(next++)
            queue.putBack(taken)
          }
          expect(queue.size).toBeLessThanOrEqual(limit)
          expect(queue.size <= 1 || queue.characters <= text).toBe(true)
        }
        out.push(...queue.take(limit))
        expect(out).toEqual([...out].sort((a, b) => a - b))
        expect(out.length + counted.dropped).toBe(next)
      })
    )
  })
})

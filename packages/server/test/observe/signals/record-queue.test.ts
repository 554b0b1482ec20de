/** The queue of records: bounded, in order, and nothing is lost without a word. */
import { describe, expect, it } from "@effect/vitest"
import * as FastCheck from "effect/FastCheck"
import { RecordQueue } from "../../../src/observe/signals/record-queue.ts"
import { upTo } from "./recorded.ts"

const queueOf = (limit: number) => {
  const counted = { dropped: 0 }
  const queue = new RecordQueue<number>(limit, (records) => (counted.dropped += records))
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

  it("holds no more than its limit, keeps the order, and what is not given out was counted as dropped", () => {
    const step = FastCheck.oneof(
      FastCheck.record({ type: FastCheck.constant("add" as const), count: FastCheck.integer({ min: 1, max: 9 }) }),
      FastCheck.record({ type: FastCheck.constant("take" as const), count: FastCheck.integer({ min: 0, max: 9 }) }),
      FastCheck.record({ type: FastCheck.constant("fail" as const), count: FastCheck.integer({ min: 1, max: 9 }) })
    )
    FastCheck.assert(
      FastCheck.property(FastCheck.integer({ min: 1, max: 12 }), FastCheck.array(step), (limit, steps) => {
        const { counted, queue } = queueOf(limit)
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
        }
        out.push(...queue.take(limit))
        expect(out).toEqual([...out].sort((a, b) => a - b))
        expect(out.length + counted.dropped).toBe(next)
      })
    )
  })
})

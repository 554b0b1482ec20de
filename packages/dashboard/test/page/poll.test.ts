import { afterEach, beforeEach, describe, expect, it, vi } from "vitest"
import { poll } from "../../src/page/jobs/poll.ts"

/** A server that answers when the test says so, and a page that is seen or not. */
const setUp = () => {
  const answers: Array<(isAnswered: boolean) => void> = []
  const listeners = new Set<() => void>()
  const page = { isVisible: true }
  const one = poll(() => new Promise<boolean>((resolve) => answers.push(resolve)), {
    everyMs: 2000,
    afterFailureMs: 10_000,
    isVisible: () => page.isVisible,
    onVisibility: (listener) => {
      listeners.add(listener)
      return () => listeners.delete(listener)
    }
  })
  return {
    ...one,
    asked: () => answers.length,
    answer: async (isAnswered = true) => {
      answers.at(-1)?.(isAnswered)
      await vi.advanceTimersByTimeAsync(0)
    },
    see: (isVisible: boolean) => {
      page.isVisible = isVisible
      listeners.forEach((listener) => listener())
    },
    listeners
  }
}

describe("poll", () => {
  beforeEach(() => void vi.useFakeTimers())
  afterEach(() => void vi.useRealTimers())

  it("asks at once, and again two seconds after the answer", async () => {
    const { answer, asked } = setUp()
    const counts = [asked()]
    await answer()
    await vi.advanceTimersByTimeAsync(1999)
    counts.push(asked())
    await vi.advanceTimersByTimeAsync(1)
    counts.push(asked())
    expect(counts).toEqual([1, 1, 2])
  })

  it("does not pile up while an answer takes a minute", async () => {
    const { asked } = setUp()
    await vi.advanceTimersByTimeAsync(60_000)
    expect(asked()).toBe(1)
  })

  it("waits ten seconds after a failure", async () => {
    const { answer, asked } = setUp()
    await answer(false)
    await vi.advanceTimersByTimeAsync(9999)
    const before = asked()
    await vi.advanceTimersByTimeAsync(1)
    expect([before, asked()]).toEqual([1, 2])
  })

  it("asks nothing while nobody sees the page, and at once when it is seen again", async () => {
    const { answer, asked, see } = setUp()
    see(false)
    await answer()
    await vi.advanceTimersByTimeAsync(60_000)
    const hidden = asked()
    see(true)
    expect([hidden, asked()]).toEqual([1, 2])
  })

  it("does not ask at the time that was set before the page was hidden", async () => {
    const { answer, asked, see } = setUp()
    await answer()
    see(false)
    await vi.advanceTimersByTimeAsync(60_000)
    expect(asked()).toBe(1)
  })

  it("asks once more after the answer that is awaited, however often that was wanted", async () => {
    const { answer, asked, refresh } = setUp()
    refresh()
    refresh()
    const before = asked()
    await answer()
    expect([before, asked()]).toEqual([1, 2])
  })

  it("asks at once when that is wanted between two questions, and keeps one rhythm", async () => {
    const { answer, asked, refresh } = setUp()
    await answer()
    await vi.advanceTimersByTimeAsync(1000)
    refresh()
    await answer()
    await vi.advanceTimersByTimeAsync(1500)
    expect(asked()).toBe(2)
  })

  it("is silent after its end, also where an answer comes later", async () => {
    const { answer, asked, listeners, stop } = setUp()
    stop()
    await answer()
    await vi.advanceTimersByTimeAsync(60_000)
    expect([asked(), listeners.size]).toEqual([1, 0])
  })
})

/** What is kept of traces, for how long, and what has to do with what. */
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as TestClock from "effect/TestClock"
import * as fc from "fast-check"
import { makeLive } from "../../src/live.ts"
import { makeTraceStore, type TraceStore } from "../../src/live/traces/trace-store.ts"
import type { Span } from "../../src/receiver/records.ts"
import { attemptAt, linkTo, logRecord, span, spanIdOf, submitOf, traceIdOf } from "./records.ts"

const storeOf = (spans: ReadonlyArray<Span>, limit?: number): TraceStore => {
  const store = makeTraceStore(limit)
  store.add({ spans, logRecords: [] }, 0)
  return store
}

describe("a trace", () => {
  it("has its spans by their start and its log records by their time, as texts", () => {
    const store = makeTraceStore()
    const late = span({
      spanId: spanIdOf(2),
      parentSpanId: spanIdOf(1),
      startTimeUnixNano: 1_700_000_000_002_000_000n,
      status: { code: "error", message: "no such file" },
      attributes: { count: 3, list: ["a", 1] },
      events: [{ timeUnixNano: 1_700_000_000_003_000_000n, name: "exception", attributes: { "exception.type": "E" } }]
    })
    store.add({ spans: [late, span()], logRecords: [] }, 5)
    store.add({ spans: [], logRecords: [logRecord({ timeUnixNano: 0n, body: "unknown when" }), logRecord()] }, 10)
    const of = { service: "jobs", instance: "runner-1" }
    expect(store.trace(traceIdOf(1))).toEqual({
      traceId: traceIdOf(1),
      spans: [
        {
          spanId: spanIdOf(1),
          name: "work",
          kind: "internal",
          ...of,
          start: 1_700_000_000_000,
          durationMs: 12.5,
          outcome: "unset",
          message: "",
          attributes: {},
          events: [],
          links: []
        },
        {
          spanId: spanIdOf(2),
          parentSpanId: spanIdOf(1),
          name: "work",
          kind: "internal",
          ...of,
          start: 1_700_000_000_002,
          durationMs: 10.5,
          outcome: "error",
          message: "no such file",
          attributes: { count: "3", list: '["a",1]' },
          events: [{ time: 1_700_000_000_003, name: "exception", attributes: { "exception.type": "E" } }],
          links: []
        }
      ],
      logs: [
        { time: 10, level: "INFO", text: "unknown when", ...of, attributes: {} },
        { time: 1_700_000_000_001, level: "INFO", text: "said", ...of, attributes: {} }
      ],
      linked: [],
      leftOut: { spans: 0, logs: 0, linked: 0 }
    })
    expect(store.trace(traceIdOf(2))).toBeUndefined()
  })

  it("has a span once that is sent twice, as it was sent last", () => {
    const store = storeOf([span(), span({ name: "again" })])
    expect(store.trace(traceIdOf(1))?.spans.map(({ name }) => name)).toEqual(["again"])
    expect(store.list().stored).toMatchObject({ traces: 1, spans: 1 })
  })

  it("takes log records of no trace for none of its own", () => {
    const store = makeTraceStore()
    const { traceId: _, ...outside } = logRecord()
    store.add({ spans: [], logRecords: [outside, logRecord({ severityNumber: 0, severityText: "notice" })] }, 0)
    expect(store.trace(traceIdOf(1))?.logs.map(({ level }) => level)).toEqual(["notice"])
    expect(store.list().stored).toMatchObject({ traces: 1, logs: 1 })
  })

  it("takes names of any text for what they are", () => {
    const attributes = JSON.parse('{ "__proto__": "a", "constructor": "b" }')
    const store = storeOf([span({ name: "__proto__", attributes, resource: attributes })])
    const shown = store.trace(traceIdOf(1))?.spans[0]
    expect(Object.entries(shown?.attributes ?? {})).toEqual([
      ["__proto__", "a"],
      ["constructor", "b"]
    ])
    expect(shown).toMatchObject({ name: "__proto__", service: "" })
  })
})

describe("the store", () => {
  it("gives out what it was given, within its bounds", () => {
    const ids = fc.record({ trace: fc.integer({ min: 1, max: 5 }), id: fc.integer({ min: 1, max: 200 }) })
    fc.assert(
      fc.property(fc.array(fc.array(ids, { maxLength: 20 }), { maxLength: 10 }), (requests) => {
        const store = makeTraceStore()
        requests.forEach((request, at) =>
          store.add(
            {
              spans: request.map(({ id, trace }) => span({ traceId: traceIdOf(trace), spanId: spanIdOf(id) })),
              logRecords: request.map(({ id, trace }) => logRecord({ traceId: traceIdOf(trace), body: String(id) }))
            },
            at
          )
        )
        const sent = requests.flat()
        const traces = [...new Set(sent.map(({ trace }) => trace))]
        const { leftOut, stored } = store.list()
        for (const trace of traces) {
          const own = sent.filter((one) => one.trace === trace).map(({ id }) => id)
          const detail = store.trace(traceIdOf(trace))
          expect(new Set(detail?.spans.map(({ spanId }) => spanId))).toEqual(new Set(own.map(spanIdOf)))
          expect(detail?.logs.map(({ text }) => Number(text))).toEqual(own)
        }
        const spans = new Set(sent.map(({ id, trace }) => `${trace} ${id}`)).size
        expect(stored).toMatchObject({ traces: traces.length, spans, logs: sent.length })
        expect(leftOut).toEqual({ traces: 0, spans: 0, logs: 0 })
      })
    )
  })

  it("never takes more than its limit, and accounts for all that it let go of", () => {
    const ids = fc.tuple(fc.integer({ min: 1, max: 60 }), fc.integer({ min: 1, max: 1_000_000 }), fc.nat(4_000))
    fc.assert(
      fc.property(fc.uniqueArray(ids, { maxLength: 200, selector: ([, id]) => id }), (sent) => {
        const limit = 64_000
        const store = makeTraceStore(limit)
        for (const [trace, id, length] of sent) {
          const attributes = { text: "x".repeat(length) }
          const links = id % 3 === 0 ? [linkTo(trace + 1)] : []
          store.add(
            { spans: [span({ traceId: traceIdOf(trace), spanId: spanIdOf(id), attributes, links })], logRecords: [] },
            0
          )
          expect(store.list().stored.bytes).toBeLessThanOrEqual(limit)
        }
        const { leftOut, stored } = store.list()
        expect(stored.spans + leftOut.spans).toBe(sent.length)
        store.expire(15 * 60_000)
        expect(store.list().stored).toEqual({ traces: 0, spans: 0, logs: 0, bytes: 0, limitBytes: limit })
      })
    )
  })

  it("lets go of whole traces, of those first of which nothing has arrived for the longest", () => {
    const attributes = { text: "x".repeat(1_000) }
    const of = (trace: number, id: number) => span({ traceId: traceIdOf(trace), spanId: spanIdOf(id), attributes })
    const store = storeOf([of(1, 1), of(2, 1), of(3, 1), of(1, 2)], 60_000)
    const order = [2, 3, 1, ...Array.from({ length: 20 }, (_, index) => 10 + index)]
    store.add({ spans: order.slice(3).map((trace) => of(trace, 1)), logRecords: [] }, 0)
    const { leftOut, traces } = store.list()
    const kept = traces.map(({ traceId }) => Number(`0x${traceId}`)).toReversed()
    expect(kept).toEqual(order.slice(-kept.length))
    expect(kept.length).toBeGreaterThan(10)
    expect(leftOut).toEqual({ traces: order.length - kept.length, spans: 24 - kept.length, logs: 0 })
  })

  it("leaves out what is too much for one trace, says so, and keeps the others", () => {
    const store = makeTraceStore(80_000)
    const spans = Array.from({ length: 1_000 }, (_, index) => span({ spanId: spanIdOf(index + 1) }))
    store.add({ spans: [span({ traceId: traceIdOf(2) })], logRecords: [] }, 0)
    store.add({ spans, logRecords: [logRecord({ body: "x".repeat(9_000) })] }, 0)
    const { leftOut, spans: kept } = store.trace(traceIdOf(1)) ?? { spans: [] }
    expect(kept.length).toBeGreaterThan(5)
    expect(leftOut).toEqual({ spans: 1_000 - kept.length, logs: 1, linked: 0 })
    expect(store.list().leftOut).toEqual({ traces: 0, spans: 1_000 - kept.length, logs: 1 })
    expect(store.has(traceIdOf(2))).toBe(true)
  })

  it("does not count as left out what is sent again and is here, also where there is no more room", () => {
    const spans = Array.from({ length: 100 }, (_, index) => span({ spanId: spanIdOf(index + 1) }))
    const store = storeOf(spans, 80_000)
    const before = store.trace(traceIdOf(1))
    expect(before?.leftOut.spans).toBeGreaterThan(0)
    store.add({ spans: before?.spans.map(({ spanId }) => span({ spanId })) ?? [], logRecords: [] }, 0)
    expect(store.trace(traceIdOf(1))).toEqual(before)
  })

  it("has nothing of a trace whose one span is too large", () => {
    const store = storeOf([span({ attributes: { text: "x".repeat(9_000) } })], 80_000)
    expect([store.has(traceIdOf(1)), store.trace(traceIdOf(1)), store.list().traces]).toEqual([false, undefined, []])
    expect(store.list().leftOut).toEqual({ traces: 0, spans: 1, logs: 0 })
    store.add({ spans: [span({ spanId: spanIdOf(2) })], logRecords: [] }, 0)
    expect(store.trace(traceIdOf(1))).toMatchObject({ spans: [{ spanId: spanIdOf(2) }], leftOut: { spans: 1 } })
  })

  it.scoped("keeps a trace until nothing of it has arrived for 15 minutes", () =>
    Effect.gen(function* () {
      const { traces } = yield* makeLive({ storeLimit: 1_000 })
      const add = (trace: number) =>
        Effect.map(TestClock.currentTimeMillis, (now) =>
          traces.add({ spans: [], logRecords: [logRecord({ traceId: traceIdOf(trace) })] }, now)
        )
      yield* add(1)
      yield* add(2)
      yield* TestClock.adjust("10 minutes")
      yield* add(1)
      yield* TestClock.adjust("299 seconds")
      expect([traces.has(traceIdOf(1)), traces.has(traceIdOf(2))]).toEqual([true, true])
      yield* TestClock.adjust("2 seconds")
      expect([traces.has(traceIdOf(1)), traces.has(traceIdOf(2))]).toEqual([true, false])
      yield* TestClock.adjust("10 minutes")
      expect(traces.list()).toMatchObject({ traces: [], leftOut: { traces: 0, spans: 0, logs: 0 } })
    })
  )

  it("keeps none for longer because the clock was set back", () => {
    const store = storeOf([])
    const hour = 3_600_000
    store.add({ spans: [span()], logRecords: [] }, hour)
    store.add({ spans: [span({ traceId: traceIdOf(2) })], logRecords: [] }, 0)
    store.expire(14 * 60_000)
    expect([store.has(traceIdOf(1)), store.has(traceIdOf(2))]).toEqual([true, true])
    store.expire(15 * 60_000)
    expect([store.has(traceIdOf(1)), store.has(traceIdOf(2))]).toEqual([false, false])
  })

  it.scoped("is empty again when the receiver is cleared", () =>
    Effect.gen(function* () {
      const { observer, traces } = yield* makeLive({ storeLimit: 1_000 })
      traces.add({ spans: [span({ links: [linkTo(2)] })], logRecords: [logRecord()] }, 0)
      observer.cleared()
      expect(traces.list().stored).toMatchObject({ traces: 0, spans: 0, logs: 0, bytes: 0 })
      traces.add({ spans: [span({ traceId: traceIdOf(2) })], logRecords: [] }, 0)
      expect(traces.trace(traceIdOf(2))?.linked).toEqual([])
    })
  )
})

describe("the list", () => {
  it("names each trace by its first span, and says what of it is here", () => {
    const child = { spanId: spanIdOf(2), parentSpanId: spanIdOf(1), startTimeUnixNano: 1n }
    const failed = { status: { code: "error", message: "" } } as const
    const store = storeOf([span(child), span({ name: "root", ...failed }), span({ ...child, traceId: traceIdOf(2) })])
    store.add({ spans: [], logRecords: [logRecord({ traceId: traceIdOf(3) })] }, 7)
    const [logs, part, whole] = store.list().traces
    expect(logs).toEqual({ traceId: traceIdOf(3), isWhole: false, lastAt: 7, spans: 0, errors: 0, logs: 1 })
    expect(part).toMatchObject({ traceId: traceIdOf(2), first: { name: "work" }, isWhole: false, spans: 1 })
    expect(whole).toMatchObject({ first: { name: "root", outcome: "error" }, isWhole: true, spans: 2, errors: 1 })
  })

  it("has the latest hundred, also of those alone that have a text", () => {
    const spans = Array.from({ length: 300 }, (_, index) =>
      span({ traceId: traceIdOf(index + 1), name: index % 3 === 0 ? "Process Digest" : "sql.execute" })
    )
    const store = storeOf(spans)
    const numbersOf = (text?: string) => store.list(text).traces.map(({ traceId }) => Number(`0x${traceId}`))
    expect(numbersOf()).toEqual(Array.from({ length: 100 }, (_, index) => 300 - index))
    expect(numbersOf("digest")).toEqual(Array.from({ length: 100 }, (_, index) => 298 - 3 * index))
    expect([numbersOf("RUNNER-1").length, numbersOf(traceIdOf(7)), numbersOf("nothing")]).toEqual([100, [7], []])
    expect(store.list("nothing").stored.traces).toBe(300)
  })
})

describe("what is linked", () => {
  /** The relations of a trace to others: what, attempt, trace, and whether its span is here. */
  const linksOf = (store: TraceStore, trace: number) =>
    store
      .trace(traceIdOf(trace))
      ?.linked.map(({ relation, span: shown, traceId }) =>
        [relation, shown?.attempt, Number(`0x${traceId}`), shown !== undefined].filter((one) => one !== undefined)
      )

  const submit = submitOf("a", { traceId: traceIdOf(1) })
  const attempts = [1, 2].map((attempt) =>
    attemptAt("a", attempt, {
      traceId: traceIdOf(1 + attempt),
      startTimeUnixNano: BigInt(attempt) * 1_000_000_000n,
      links: [linkTo(1)]
    })
  )

  it("is the same from the submit and from each attempt of a job, whatever came first", () => {
    const all = [
      ["submit", 1, true],
      ["attempt", "1", 2, true],
      ["attempt", "2", 3, true]
    ]
    for (const spans of [[submit, ...attempts], [...attempts, submit], attempts.toReversed().concat(submit)]) {
      const store = storeOf(spans)
      expect([1, 2, 3].map((trace) => linksOf(store, trace))).toEqual([all, all, all])
    }
  })

  it("is found by links alone where no message is named", () => {
    const store = storeOf([
      span({ name: "front" }),
      span({ traceId: traceIdOf(2), name: "back", links: [linkTo(1)] }),
      span({ traceId: traceIdOf(3), kind: "consumer", links: [linkTo(1), linkTo(9)] })
    ])
    expect(linksOf(store, 1)).toEqual([
      ["from", 2, true],
      ["attempt", 3, true]
    ])
    expect(linksOf(store, 2)).toEqual([["to", 1, true]])
    expect(linksOf(store, 3)).toEqual([
      ["submit", 9, false],
      ["to", 1, true]
    ])
  })

  it("is not what names a message of the same id in another system, or another job of the same submit", () => {
    const batch = span({ kind: "producer", traceId: traceIdOf(1) })
    const [a, b] = ["a", "b"].map((job, index) =>
      attemptAt(job, 1, { traceId: traceIdOf(2 + index), links: [linkTo(1)] })
    )
    const other = span({
      traceId: traceIdOf(4),
      kind: "consumer",
      attributes: { "messaging.system": "kafka", "messaging.message.id": "a" }
    })
    const store = storeOf([batch, other, ...[a, b].flatMap((one) => one ?? [])])
    expect(linksOf(store, 2)).toEqual([
      ["submit", 1, true],
      ["attempt", "1", 2, true]
    ])
    expect(linksOf(store, 1)).toEqual([
      ["attempt", "1", 2, true],
      ["attempt", "1", 3, true]
    ])
    expect(linksOf(store, 4)).toEqual([])
  })

  it("says what is a replay, and what another run of a recurring job", () => {
    const link = (trace: number, kind: string) => ({ ...linkTo(trace), attributes: { "job.link": kind } })
    const replay = submitOf("a", {
      traceId: traceIdOf(4),
      startTimeUnixNano: 3_000_000_000n,
      attributes: { ...submit.attributes, "messaging.operation.name": "replay" },
      links: [link(3, "previous_attempt")]
    })
    const again = attemptAt("a", 1, {
      traceId: traceIdOf(5),
      startTimeUnixNano: 4_000_000_000n,
      links: [link(1, "submit"), link(3, "previous_attempt"), link(4, "replay")]
    })
    const next = submitOf("b", { traceId: traceIdOf(6), links: [link(1, "previous_run")] })
    const store = storeOf([submit, ...attempts, replay, again, next])
    const job = [
      ["submit", 1, true],
      ["attempt", "1", 2, true],
      ["attempt", "2", 3, true],
      ["replay", 4, true],
      ["attempt", "1", 5, true]
    ]
    expect(linksOf(store, 5)).toEqual(job)
    expect(linksOf(store, 1)).toEqual([...job, ["from", 6, true]])
    expect(linksOf(store, 6)).toEqual([
      ["submit", 6, true],
      ["to", 1, true]
    ])
    // Without the others, the links say what these are.
    expect(linksOf(storeOf([again]), 5)?.toSorted()).toEqual([
      ["attempt", "1", 5, true],
      ["attempt", 3, false],
      ["replay", 4, false],
      ["submit", 1, false]
    ])
  })

  it("goes with the trace that has it", () => {
    const store = makeTraceStore()
    store.add({ spans: attempts, logRecords: [] }, 0)
    store.add({ spans: [submit], logRecords: [] }, 60_000)
    store.expire(15 * 60_000)
    expect(linksOf(store, 1)).toEqual([])
  })

  it("is what a span has now, not what one had whose place it took", () => {
    const store = storeOf([
      submit,
      span({ traceId: traceIdOf(2), links: [linkTo(1)] }),
      span({ traceId: traceIdOf(2) })
    ])
    expect(linksOf(store, 1)).toEqual([])
  })

  it("is at most two hundred, and says how many more there are, of however many there are", () => {
    const same = Array.from({ length: 2_000 }, (_, index) =>
      attemptAt("a", index, { traceId: traceIdOf(1 + (index % 2)), spanId: spanIdOf(index + 1), links: [linkTo(3)] })
    )
    const detail = storeOf(same).trace(traceIdOf(1))
    expect([detail?.linked.length, detail?.leftOut.linked]).toEqual([200, 1_801])
  })
})

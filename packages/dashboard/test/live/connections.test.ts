/** What links and messages spans are found by. */
import { expect, it } from "@effect/vitest"
import * as fc from "fast-check"
import { type Connections, makeConnections } from "../../src/live/traces/connections.ts"
import { shownSpan } from "../../src/live/traces/shown.ts"
import type { TraceSpan } from "../../src/protocol/traces.ts"
import { attemptAt, linkTo, spanIdOf, traceIdOf } from "./records.ts"

const few = fc.integer({ min: 1, max: 3 })

/** Spans, many of the same ids; the later one takes the place of the earlier. */
const sent = fc.array(fc.record({ trace: few, id: few, message: few, links: fc.array(few, { maxLength: 4 }) }))

const messageIn = (message: number): string => JSON.stringify(["parametric_portal", String(message)])

/** All that can be looked up, in an order of its own. */
const foundIn = ({ linkingTo, withMessage }: Connections) =>
  [1, 2, 3].map((one) =>
    [linkingTo(traceIdOf(one)), withMessage(messageIn(one))].map((ids) =>
      [...ids].flatMap(([trace, spans]) => [...spans].map((id) => `${trace} ${id}`)).toSorted()
    )
  )

it("are those of the spans that are here, and of none whose place was taken", () => {
  fc.assert(
    fc.property(sent, (all) => {
      const connections = makeConnections()
      const here = new Map<string, readonly [traceId: string, span: TraceSpan]>()
      for (const { id, links, message, trace } of all) {
        const key = `${trace} ${id}`
        const fields = { spanId: spanIdOf(id), links: links.map((to) => linkTo(to)) }
        const entry = [traceIdOf(trace), shownSpan(attemptAt(String(message), 1, fields))] as const
        connections.add(...entry, here.get(key)?.[1])
        here.set(key, entry)
      }
      const expected = makeConnections()
      here.forEach((entry) => expected.add(...entry, undefined))
      expect(foundIn(connections)).toEqual(foundIn(expected))
      for (const trace of [1, 2, 3]) {
        connections.remove(traceIdOf(trace))
      }
      expect(foundIn(connections)).toEqual(foundIn(makeConnections()))
    })
  )
})

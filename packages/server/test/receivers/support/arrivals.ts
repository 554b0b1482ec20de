/** Whether the spans and lines of an application have arrived: they are numbered in the order in which they were recorded. */
import * as Effect from "effect/Effect"
import type { Records } from "@parametric-portal/receivers/records"
import { eventually } from "../../support/eventually.ts"
import type { App } from "./app.ts"

/** The numbers of both, in the order in which they arrived. */
export interface Arrived {
  readonly spans: ReadonlyArray<number>
  readonly lines: ReadonlyArray<number>
}

/** What was received, in one place or in several. */
export const arrivedAt = (...received: ReadonlyArray<() => Records>): Arrived => ({
  spans: received.flatMap((records) => numbersIn(records().spans, "span ")),
  lines: received.flatMap((records) => numbersIn(records().lines, "line "))
})

const numbersIn = (names: ReadonlyArray<string>, prefix: string): ReadonlyArray<number> =>
  names.filter((name) => name.startsWith(prefix)).map((name) => Number(name.slice(prefix.length)))

/** All numbers up to this one. */
export const upTo = (last: number): ReadonlyArray<number> => Array.from({ length: last }, (_, index) => index + 1)

/** The end of an application, when everything is there or a minute has passed. */
export interface End {
  /** As it arrived. */
  readonly arrived: Arrived
  /** The same, each once and sorted: what was in doubt may have arrived twice. */
  readonly different: Arrived
  /** What it recorded. */
  readonly all: Arrived
}

/** Ends an application whose spans and lines are received here. */
export const endOf = (app: App, ...received: ReadonlyArray<() => Records>): Effect.Effect<End> =>
  Effect.gen(function* () {
    yield* app.end
    const recorded = app.recorded()
    const isThere = ({ lines, spans }: Arrived) => [spans, lines].every((numbers) => new Set(numbers).size >= recorded)
    const look = Effect.sync(() => arrivedAt(...received))
    const arrived = yield* eventually(look, isThere)
    const different = { spans: sorted(arrived.spans), lines: sorted(arrived.lines) }
    return { arrived, different, all: { spans: upTo(recorded), lines: upTo(recorded) } }
  })

/** Each once, in the order in which they were recorded. */
export const sorted = (numbers: ReadonlyArray<number>): ReadonlyArray<number> =>
  Array.from(new Set(numbers)).sort((one, other) => one - other)

/** What the application has counted as dropped, by the receiver of its metrics. */
export const dropped = (receiver: { readonly total: (name: string) => Effect.Effect<number> }) =>
  Effect.all({
    spans: receiver.total("telemetry_spans_dropped_total"),
    lines: receiver.total("telemetry_log_records_dropped_total")
  })

export const nothingDropped = { spans: 0, lines: 0 }

/** `tracestate` as OpenTelemetry's API reads and changes it. */
import { describe, expect, it } from "@effect/vitest"
import { createTraceState } from "@opentelemetry/api"
import * as FastCheck from "effect/FastCheck"
import { TraceState } from "../../../src/infra/jobs/trace-state.ts"

const character = (characters: string) => FastCheck.constantFrom(...characters)
const keys = FastCheck.string({ unit: character("abz09_*/-"), minLength: 1, maxLength: 8 }).map((rest) => `k${rest}`)
const values = FastCheck.string({ unit: character(" !#$az09~"), minLength: 1, maxLength: 8 }).map((text) => `${text}v`)
const lists = FastCheck.uniqueArray(FastCheck.tuple(keys, values), {
  selector: ([key]) => key,
  minLength: 1,
  maxLength: 20
})
const textOf = (list: ReadonlyArray<readonly [string, string]>) => list.map((pair) => pair.join("=")).join(",")

describe("a trace state", () => {
  it("is read, changed and written as the API does", () => {
    FastCheck.assert(
      FastCheck.property(lists, keys, values, (list, key, value) => {
        const ours = TraceState.parse(textOf(list))
        const theirs = createTraceState(textOf(list))
        expect(ours?.serialize()).toBe(theirs.serialize())
        expect(ours?.get(key)).toBe(theirs.get(key))
        expect(ours?.set(key, value).serialize()).toBe(theirs.set(key, value).serialize())
        const [first = ""] = list[0] ?? []
        expect(ours?.unset(first).serialize()).toBe(theirs.unset(first).serialize())
        expect(ours?.serialize()).toBe(textOf(list))
      })
    )
  })

  it("keeps what is a member of any text, and no more than the specification lets it", () => {
    FastCheck.assert(
      FastCheck.property(FastCheck.string({ unit: character("ab=, @\t\u0000é"), maxLength: 600 }), (text) => {
        const state = TraceState.parse(text)
        const written = state?.serialize() ?? ""
        expect(written).toMatch(/^[ -~]{0,512}$/)
        expect(written === "" ? undefined : TraceState.parse(written)?.serialize()).toBe(state?.serialize())
      })
    )
    expect(TraceState.parse("a".repeat(513))).toBeUndefined()
    expect(TraceState.parse("a=1,,b=2 , a=3,=,c,D=4,t@e=5")?.serialize()).toBe("a=1,b=2,t@e=5")
    const many = Array.from({ length: 40 }, (_, index) => `k${index}=1`)
    expect(TraceState.parse(many.join(","))?.serialize()).toBe(many.slice(0, 32).join(","))
  })
})

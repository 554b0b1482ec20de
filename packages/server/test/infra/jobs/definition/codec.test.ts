/** What a codec takes arrives as it was sent; what can't is refused. */
import { isDeepStrictEqual } from "node:util"
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as FastCheck from "effect/FastCheck"
import * as Schema from "effect/Schema"
import { codec } from "../../../../src/infra/jobs/definition/codec.ts"

/** What arrives of a value, or why it was refused. */
const sent = <A, I>(schema: Schema.Schema<A, I>, value: A): Either.Either<A, string> => {
  const { decode, encode } = codec(schema)
  return Effect.runSync(Effect.either(Effect.mapError(Effect.flatMap(encode(value), decode), ({ _tag }) => _tag)))
}

const nested = (levels: number): unknown => {
  let value: unknown = 1
  for (let level = 0; level < levels; level += 1) {
    value = level % 2 === 0 ? [value] : { value }
  }
  return value
}

const cycle: Record<string, unknown> = {}
cycle["self"] = cycle
cycle["again"] = cycle

describe("arrives as it was sent", () => {
  const values: Record<string, unknown> = {
    nothing: undefined,
    "what is undefined in an array": [undefined, 1, undefined],
    "what is undefined in an object": { a: undefined, b: { c: [{ d: undefined }] } },
    "zero below zero": -0,
    "zero below zero in a value": { a: -0, b: [0, -0], c: undefined, "\ud800": [] },
    "a lone surrogate": { "\udc00": "\ud800" },
    "the character zero": "a\u0000b",
    "line breaks": { "a\nb": "c\n\r\u2028" },
    "numbers at their limits": [Number.MAX_VALUE, Number.MIN_VALUE, Number.MAX_SAFE_INTEGER, 1e21, 1.1e-7],
    "names of Object.prototype": { constructor: 1, toString: "x", hasOwnProperty: null, length: 2 },
    "a nesting of 200": nested(200)
  }
  for (const [name, value] of Object.entries(values)) {
    it(name, () => {
      const arrived = Either.getOrThrow(sent(Schema.Unknown, value))
      expect(arrived).toStrictEqual(value)
      expect(Object.is(arrived, -0)).toBe(Object.is(value, -0))
    })
  }

  it("an optional property that is undefined, and one that is absent", () => {
    const schema = Schema.Struct({ a: Schema.optional(Schema.Number), b: Schema.optional(Schema.String) })
    expect(Either.getOrThrow(sent(schema, { a: undefined }))).toStrictEqual({ a: undefined })
  })

  it("what a schema turns into JSON", () => {
    const schema = Schema.Struct({
      at: Schema.Date,
      big: Schema.BigInt,
      bytes: Schema.Uint8ArrayFromBase64,
      map: Schema.Map({ key: Schema.String, value: Schema.Number }),
      left: Schema.Option(Schema.Number)
    })
    const value = Schema.decodeSync(schema)({
      at: "2020-01-02T03:04:05.006Z",
      big: "12345678901234567890",
      bytes: "AAEC",
      map: [["a", 1]],
      left: { _tag: "None" }
    })
    expect(Either.getOrThrow(sent(schema, value))).toEqual(value)
  })

  it("a value of a recursive schema, as deep as values may be", () => {
    interface Tree {
      readonly children: ReadonlyArray<Tree>
    }
    const Tree: Schema.Schema<Tree> = Schema.Struct({ children: Schema.Array(Schema.suspend(() => Tree)) })
    const deep = (levels: number): Tree => (levels === 0 ? { children: [] } : { children: [deep(levels - 1)] })
    expect(Either.getOrThrow(sent(Tree, deep(99)))).toEqual(deep(99))
    expect(sent(Tree, deep(100))).toEqual(Either.left("CodecError"))
    expect(sent(Tree, deep(5000))).toEqual(Either.left("CodecError"))
  })
})

describe("is refused", () => {
  class Point {
    readonly x = 1
  }
  const values: Record<string, unknown> = {
    "a Date": new Date(),
    "a Date in a value": { at: [new Date()] },
    "an invalid Date": new Date(Number.NaN),
    "a Map": new Map([["a", 1]]),
    "a Set": new Set([1]),
    "a Uint8Array": new Uint8Array([1]),
    "a BigInt": 1n,
    "a symbol": Symbol("s"),
    "a function": () => 1,
    NaN: Number.NaN,
    Infinity: { a: [Number.POSITIVE_INFINITY] },
    "an instance of a class": new Point(),
    "an object without a prototype": Object.create(null),
    "an own __proto__": JSON.parse('{"a": {"__proto__": 1}}'),
    "an own __proto__ that is an object": JSON.parse('{"__proto__": {"a": 1}}'),
    "a getter that throws": {
      get a() {
        throw new Error("no")
      }
    },
    "a toJSON": { toJSON: () => 1 },
    "an array with holes": Array(2),
    "an array with a property": Object.assign([1], { extra: 1 }),
    "a symbol for a name": { [Symbol("s")]: 1 },
    "a cycle": cycle,
    "a nesting of 201": nested(201),
    "a nesting of 5,000": nested(5000),
    "a nesting of 100,000": nested(100_000)
  }
  for (const [name, value] of Object.entries(values)) {
    it(name, () => {
      expect(sent(Schema.Unknown, value)).toEqual(Either.left("CodecError"))
    })
  }

  it("what schemas leave as it is, and JSON has no form for", () => {
    expect(sent(Schema.DateFromSelf, new Date())).toEqual(Either.left("CodecError"))
    expect(sent(Schema.Uint8ArrayFromSelf, new Uint8Array(1))).toEqual(Either.left("CodecError"))
    const map = Schema.MapFromSelf({ key: Schema.String, value: Schema.Number })
    expect(sent(map, new Map([["a", 1]]))).toEqual(Either.left("CodecError"))
    expect(sent(Schema.Number, Number.NaN)).toEqual(Either.left("CodecError"))
  })

  it("a record with the name __proto__, also below a name that the schema knows", () => {
    const record = Schema.Struct({ known: Schema.Record({ key: Schema.String, value: Schema.Number }) })
    expect(sent(record, JSON.parse('{"known": {"__proto__": 1}}'))).toEqual(Either.left("CodecError"))
    expect(sent(record, { known: { a: 1 } })).toEqual(Either.right({ known: { a: 1 } }))
  })

  it("a schema that throws", () => {
    const throws = Schema.transform(Schema.String, Schema.String, {
      decode: (text) => text,
      encode: () => {
        throw new TypeError("no")
      }
    })
    expect(sent(throws, "x")).toEqual(Either.left("CodecError"))
  })

  it("a value that grows beyond all bounds when it is written", () => {
    let value: unknown = [1]
    for (let level = 0; level < 40; level += 1) {
      value = [value, value]
    }
    expect(sent(Schema.Unknown, value)).toEqual(Either.left("CodecError"))
  })
})

it("any value arrives as it was sent, or is refused", () => {
  const anything = FastCheck.anything({
    withBigInt: true,
    withDate: true,
    withMap: true,
    withSet: true,
    withTypedArray: true,
    withSparseArray: true,
    withNullPrototype: true,
    withBoxedValues: true,
    key: FastCheck.oneof(FastCheck.string(), FastCheck.constantFrom("__proto__", "toJSON", "constructor", "length"))
  })
  let arrivals = 0
  FastCheck.assert(
    FastCheck.property(anything, (value) => {
      const arrived = sent(Schema.Unknown, value)
      arrivals += Either.isRight(arrived) ? 1 : 0
      // Not `toStrictEqual`, which takes a property `constructor` for the class of a value.
      expect(
        isDeepStrictEqual(
          Either.getOrElse(arrived, () => value),
          value
        )
      ).toBe(true)
    }),
    { numRuns: 2000 }
  )
  expect(arrivals).toBeGreaterThan(50)
})

it("any JSON arrives as it was sent", () => {
  FastCheck.assert(
    FastCheck.property(
      // `__proto__` is a name of its own in JSON, and the one that is refused.
      FastCheck.jsonValue().filter((value) => !JSON.stringify(value).includes('"__proto__"')),
      (value) => {
        expect(isDeepStrictEqual(sent(Schema.Unknown, value), Either.right(value))).toBe(true)
      }
    ),
    { numRuns: 1000 }
  )
})

it("says where a value is no JSON", () => {
  const refused = Effect.runSync(Effect.flip(codec(Schema.Unknown).encode({ a: [1, { b: new Date() }] })))
  expect(refused.message).toBe("It can't be kept as JSON: .a[1].b: a Date is no JSON")
})

it("takes what is no text of its own for an error", () => {
  const { decode } = codec(Schema.Unknown)
  for (const text of ["{", "nothing", '{}\n["a"', '{}\n{"a":1}']) {
    expect(Effect.runSync(Effect.either(decode(text)))._tag).toBe("Left")
  }
})

/** Values as JSON text: how payloads, results and typed errors are kept. What is undefined is the empty text. */
import * as Effect from "effect/Effect"
import type * as ParseResult from "effect/ParseResult"
import * as Schema from "effect/Schema"

/** Turns values into JSON text and back. */
export interface Codec<in out A> {
  readonly encode: (value: A) => Effect.Effect<string, ParseResult.ParseError>
  readonly decode: (text: string) => Effect.Effect<A, ParseResult.ParseError>
}

/** The codec of a schema. */
export const codec = <A, I>(schema: Schema.Schema<A, I>): Codec<A> => {
  const encode = Schema.encode(schema)
  const decode = Schema.decodeUnknown(schema)
  return {
    encode: (value) =>
      Effect.flatMap(encode(value), (encoded) =>
        encoded === undefined ? Effect.succeed("") : Effect.zipLeft(toJson(encoded), finite(encoded))
      ),
    decode: (text) => (text === "" ? decode(undefined) : Effect.flatMap(fromJson(text), (parsed) => decode(parsed)))
  }
}

const json = Schema.parseJson()
const toJson = Schema.encodeUnknown(json)
const fromJson = Schema.decodeUnknown(json)

/** JSON writes a number that it does not have as null, which would be found out only by whoever reads it. */
const isFinite = (value: unknown): boolean =>
  typeof value === "number"
    ? Number.isFinite(value)
    : typeof value !== "object" || value === null || Object.values(value).every(isFinite)

const finite = Schema.encodeUnknown(
  Schema.Unknown.pipe(Schema.filter(isFinite, { message: () => "JSON has no such number" }))
)

/** Values as JSON text: how payloads, results and typed errors are kept. */
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
  const json = Schema.parseJson(schema)
  return { encode: Schema.encode(json), decode: Schema.decode(json) }
}

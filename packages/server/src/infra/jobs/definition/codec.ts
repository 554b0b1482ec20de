/**
 * Values as text: how payloads, results and typed errors are kept. What is encoded is decoded to the same value, or is
 * refused at once; what is undefined is the empty text.
 */
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as ParseResult from "effect/ParseResult"
import type * as Schema from "effect/Schema"
import { fromText, toText } from "./json.ts"
import { hasOwnProto, keepsUnknownNames } from "./record-names.ts"

/** A value does not fit its schema, or is one that can't be kept as text. */
export class CodecError extends Data.TaggedError("CodecError")<{ readonly message: string }> {}

/** Turns values into text and back. */
export interface Codec<in out A> {
  /** Encodes a value as text. */
  readonly encode: (value: A) => Effect.Effect<string, CodecError>
  /** Decodes a value from text. */
  readonly decode: (text: string) => Effect.Effect<A, CodecError>
}

/** The codec of a schema. A schema or a value that throws is an error as any other. */
export const codec = <A, I>(schema: Schema.Schema<A, I>): Codec<A> => {
  const encode = ParseResult.encode(schema)
  const decode = ParseResult.decodeUnknown(schema)
  const isRecord = keepsUnknownNames(schema.ast)
  return {
    encode: (value) =>
      guarded(() =>
        isRecord && hasOwnProto(value)
          ? Either.left('A property with the name "__proto__" can\'t be kept')
          : ParseResult.flatMap(encode(value), textOf)
      ),
    decode: (text) => guarded(() => (text === "" ? decode(undefined) : ParseResult.flatMap(parsed(text), decode)))
  }
}

type Problem = ParseResult.ParseIssue | string

const textOf = (encoded: unknown): Either.Either<string, Problem> =>
  encoded === undefined
    ? Either.right("")
    : Either.mapLeft(toText(encoded), (misfit) => `It can't be kept as JSON: ${misfit}`)

const parsed = (text: string): Either.Either<unknown, Problem> =>
  Either.try({ try: () => fromText(text), catch: () => "It is no JSON" })

// What a schema without effects gives is there at once, and `ParseResult` keeps it so.
const guarded = <A>(work: () => Effect.Effect<A, Problem>): Effect.Effect<A, CodecError> =>
  Effect.suspend(() =>
    Either.match(Either.try({ try: work, catch: thrown }), {
      onLeft: Effect.fail,
      onRight: (result) => {
        const known = ParseResult.mapError(result, errorOf)
        return Either.isEither(known) ? known : Effect.catchAllDefect(known, (defect) => Effect.fail(thrown(defect)))
      }
    })
  )

const errorOf = (problem: Problem): CodecError =>
  new CodecError({
    message: typeof problem === "string" ? problem : ParseResult.TreeFormatter.formatIssueSync(problem)
  })

const thrown = (defect: unknown): CodecError =>
  new CodecError({
    message: Either.getOrElse(
      Either.try(() => `Its schema or the value throws: ${String(defect)}`),
      () => "Its schema or the value throws"
    )
  })

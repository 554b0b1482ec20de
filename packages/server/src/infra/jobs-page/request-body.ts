/** The body of a request that changes something: JSON, not too long, and not too slow. */
import * as HttpIncomingMessage from "@effect/platform/HttpIncomingMessage"
import type * as HttpServerRequest from "@effect/platform/HttpServerRequest"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Predicate from "effect/Predicate"
import { Refusal } from "./refusals.ts"

/** The most bytes of a body. */
export const largestBody = 1_000_000

/** For so long a body may arrive. */
export const bodyTime = "10 seconds"

/** Reads the body, which the request then has at hand; the refusal where it is not one that is taken. */
export const checkedBody = (request: HttpServerRequest.HttpServerRequest): Effect.Effect<void, Refusal> =>
  Effect.suspend(() => {
    const { headers } = request
    const length = headers["content-length"]
    if (headers["transfer-encoding"] === undefined && (length === undefined || Number(length) === 0)) {
      return Effect.void
    }
    if (!/^application\/json\s*(;|$)/i.test(headers["content-type"] ?? "")) {
      return refuse(415, "The body has to be application/json")
    }
    if (Number(length) > largestBody) {
      return refuse(413, `The body has more than ${largestBody} bytes`)
    }
    return request.text.pipe(
      HttpIncomingMessage.withMaxBodySize(Option.some(largestBody)),
      Effect.timeoutOption(bodyTime),
      Effect.orElse(() => refuse(413, `The body can't be read, or has more than ${largestBody} bytes`)),
      Effect.flatMap(
        Option.match({
          onNone: () => refuse(408, "The body took too long"),
          onSome: () =>
            Effect.flatMap(
              Effect.orElse(request.json, () => refuse(400, "The body is not JSON")),
              (json) => (isShallow(json, mostNested) ? Effect.void : refuse(400, "The body is nested too deeply"))
            )
        })
      ),
      Effect.asVoid
    )
  })

/** More than any body here has. What goes deeper can't be told in words why it is wrong: the stack ends before. */
const mostNested = 10

/** Whether nothing in it lies deeper than so many levels. */
const isShallow = (json: unknown, levels: number): boolean =>
  !Predicate.isObject(json) || (levels > 0 && Object.values(json).every((inner) => isShallow(inner, levels - 1)))

/** What is left of the body is not read: the connection ends. */
const refuse = (status: number, message: string): Effect.Effect<never, Refusal> =>
  Effect.fail(new Refusal({ status, tag: "Refused", message, headers: status === 400 ? {} : { connection: "close" } }))

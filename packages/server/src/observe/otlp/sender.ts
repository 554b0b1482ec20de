/**
 * Sends to one collector, and tries again within a time limit. What became of a request is said as exactly as it can be
 * known: whoever sends deltas must not send those again in other words that may have been taken.
 */
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Random from "effect/Random"
import type { OtlpTarget } from "../config/otlp-settings.ts"
import { printable, secretsOf } from "./answer.ts"
import { isRefusedAtOnce } from "./connection-error.ts"
import type { ConnectionSettings } from "./connector.ts"
import type { Grpc } from "./grpc/load.ts"
import { makeGrpcTransport } from "./grpc/transport.ts"
import { makeHttpTransport } from "./http-transport.ts"
import type { Body, NoAnswer } from "./in-flight.ts"
import { Pauses } from "./pauses.ts"
import type { Rejection } from "./partial-success.ts"
import { isRefusal } from "./tls-error.ts"
import type { Reason, Refusal, Reply, Transport } from "./transport.ts"

/** A request was not acknowledged. */
export class SendFailed extends Data.TaggedError("SendFailed")<{
  readonly reason: Reason
  readonly message: string
  /** It may have been taken all the same. */
  readonly isUnknown: boolean
  /** Nothing listens at the address. */
  readonly isRefusedAtOnce: boolean
  /** The connection was reset: a limit on the size of requests that can't be read may be the cause. */
  readonly isReset: boolean
  /** How long the receiver wants to be left alone, in milliseconds. */
  readonly pauseMs: number | undefined
}> {}

/** What is sent, and what is known of it. */
export interface Outgoing {
  readonly body: Body
  readonly points: number
  /** It may have been taken before. */
  readonly isRepeat: boolean
  /** Taken twice, it would count twice: where it is sent again, the receiver is asked first whether it is there. */
  readonly isDelta: boolean
}

/** A way to one collector. One request at a time. */
export interface Sender {
  /** Ends within the time limit; an acknowledged request may have points that were rejected all the same. */
  readonly send: (outgoing: Outgoing) => Effect.Effect<Rejection, SendFailed>
  /** Ends what is under way. */
  readonly giveUp: (why: string) => Effect.Effect<void>
  /** Lets a request that is under way end; it is not tried again, and nothing comes after it. */
  readonly finish: Effect.Effect<void>
  /** Cuts the connections and ends every wait, so that nothing holds up the end of the process. */
  readonly cut: (why: string) => Effect.Effect<void>
}

/** Makes senders to one destination, each with connections and a time limit of its own; the last ones end a process. */
export type SenderFactory = (timeoutMs: number, isLast?: boolean) => Sender

/** Where to send, and how. */
export interface SenderSettings extends OtlpTarget, Pick<ConnectionSettings, "untraced"> {
  /** What is spoken with instead of HTTP. */
  readonly grpc?: Grpc | undefined
}

/** Senders of one destination. */
export const makeSenderFactory = (settings: SenderSettings, probe: Body): SenderFactory => {
  const receiver = { hasAnswered: false }
  return (timeoutMs, isLast = false) => {
    const { grpc } = settings
    const transport = grpc === undefined ? makeHttpTransport(settings) : makeGrpcTransport(settings, grpc)
    const pauses = new Pauses()
    const secrets = secretsOf(settings.headers, settings.url)
    const way = { settings, transport, pauses, probe, secrets, receiver, isLast, timeoutMs: Math.round(timeoutMs) }
    return {
      send: (outgoing) =>
        Effect.suspend(() => {
          const { ended } = pauses
          if (pauses.isOver) {
            return isEnding(outgoing)
          }
          const isGivenUp = (): boolean => pauses.isOver || pauses.ended !== ended
          return attempts({ ...way, isGivenUp, until: performance.now() + timeoutMs }, outgoing)
        }),
      giveUp: (why) =>
        Effect.sync(() => {
          pauses.end()
          transport.giveUp(why)
        }),
      finish: Effect.sync(() => {
        pauses.isOver = true
        pauses.end()
      }),
      cut: (why) =>
        Effect.sync(() => {
          pauses.isOver = true
          pauses.end()
          transport.close(why)
        })
    }
  }
}

const isEnding = ({ isRepeat: isUnknown }: Outgoing): SendFailed =>
  new SendFailed({
    reason: "unavailable",
    message: "telemetry is ending",
    isUnknown,
    isRefusedAtOnce: false,
    isReset: false,
    pauseMs: undefined
  })

interface Way {
  readonly settings: SenderSettings
  readonly transport: Transport
  readonly pauses: Pauses
  readonly probe: Body
  readonly secrets: ReadonlyArray<string>
  /** Whether it ever answered. */
  readonly receiver: { hasAnswered: boolean }
  readonly isLast: boolean
  readonly timeoutMs: number
  /** Nobody waits for it any more: what fails is not tried again. */
  readonly isGivenUp: () => boolean
  /** The end of the time limit, as `performance.now` has it: it is one of the wire, in real time, whatever clock the program has. */
  readonly until: number
}

const attempts = (way: Way, outgoing: Outgoing): Effect.Effect<Rejection, SendFailed> =>
  Effect.gen(function* () {
    let isUnknown = outgoing.isRepeat
    for (let count = 0; ; count++) {
      const tried = yield* Effect.either(attempt(way, outgoing, isUnknown && outgoing.isDelta))
      if (Either.isRight(tried)) {
        return tried.right
      }
      const { isRefusedAtOnce, isReset, message, pauseMs, reason } = tried.left
      isUnknown ||= tried.left.isUnknown
      const isInVain = isRefusedAtOnce && isNoCollector(way)
      const waitMs = isInVain ? shortMs : (pauseMs ?? backOffMs(count, yield* Random.next))
      const failed = new SendFailed({ reason, message, isUnknown, isRefusedAtOnce, isReset, pauseMs })
      if (isInVain && count > 0) {
        return yield* failed
      }
      if (reason !== "unavailable" || way.isGivenUp() || performance.now() + waitMs >= way.until) {
        return yield* failed
      }
      yield* way.pauses.wait(waitMs)
      if (way.isGivenUp()) {
        return yield* failed
      }
    }
  })

/**
 * A process that ends is not held up for a collector of which nobody has spoken and that has never answered. One that is
 * only just starting is given a moment.
 */
const isNoCollector = ({ isLast, receiver, settings }: Way): boolean =>
  isLast && settings.isAssumed && !receiver.hasAnswered

const shortMs = 500

/** A second, and half as long again each time, a fifth more or less: many processes see an outage end at once. */
const backOffMs = (count: number, random: number): number =>
  Math.min(1_000 * 1.5 ** count, 5_000) * (0.8 + random * 0.4)

/** One attempt; it asks first where it may not be the first one that arrives. */
const attempt = (way: Way, outgoing: Outgoing, isCareful: boolean): Effect.Effect<Rejection, SendFailed> =>
  Effect.gen(function* () {
    if (isCareful) {
      yield* Effect.mapError(ask(way), ofNoPoints)
    }
    const { isUnknown, reply } = yield* post(way, outgoing.body)
    if (reply.type === "refused") {
      return yield* refused(reply, isUnknown)
    }
    const { message, points } = reply.rejection(outgoing.points)
    return { points, message: printable(message, way.secrets) }
  })

/** Whether the receiver is there. Some refuse an empty request because it is empty: they are there as well. */
const ask = (way: Way): Effect.Effect<void, SendFailed> =>
  Effect.flatMap(post(way, way.probe), ({ reply }) =>
    reply.type === "acknowledged" || reply.isThere ? Effect.void : refused(reply, false)
  )

/** A request without points says nothing of the content or the size of another. */
const ofNoPoints = ({ isUnknown, message, pauseMs, reason }: SendFailed): SendFailed =>
  new SendFailed({
    reason: reason === "unavailable" ? reason : "all",
    message,
    isUnknown,
    isRefusedAtOnce: false,
    isReset: false,
    pauseMs
  })

/** An answer, and whether what was sent before it over another connection may have been taken. */
interface Posted {
  readonly reply: Reply
  readonly isUnknown: boolean
}

/** A connection that was closed while it was idle says nothing about the receiver: a new one is tried at once. */
const post = (way: Way, body: Body): Effect.Effect<Posted, SendFailed> => {
  const once = Effect.suspend(() => way.transport.post(body, way.until - performance.now()))
  return Effect.matchEffect(once, {
    onSuccess: (reply) => {
      way.receiver.hasAnswered = true
      return Effect.succeed({ reply, isUnknown: false })
    },
    onFailure: (first) => {
      const isUnknown = first.fate === "unknown"
      return first.isReused && !first.isLate && !way.isGivenUp()
        ? Effect.matchEffect(once, {
            onSuccess: (reply) => Effect.succeed({ reply, isUnknown }),
            onFailure: (second) => unanswered(way, second, isUnknown)
          })
        : unanswered(way, first, false)
    }
  })
}

const unanswered = (way: Way, failed: NoAnswer, wasUnknown: boolean): Effect.Effect<never, SendFailed> =>
  Effect.flatMap(causeOf(way, failed), (error) => {
    const { fate, isLate } = failed
    const { timeoutMs, transport } = way
    return new SendFailed({
      reason: "unavailable",
      message: isLate ? `no answer within ${timeoutMs} ms` : transport.explain(error),
      isUnknown: wasUnknown || fate === "unknown",
      isRefusedAtOnce: !isLate && isRefusedAtOnce(error),
      isReset: !isLate && fate !== "unsent" && !isRefusal(error),
      pauseMs: undefined
    })
  })

/**
 * A collector that refuses our certificate after the handshake closes the connection while we write: where that is much,
 * its alert is lost. A request without points is too small for that, and gets the alert.
 */
const causeOf = (way: Way, { error, fate, isLate, isReused }: NoAnswer): Effect.Effect<Error> => {
  const { isGivenUp, probe, settings, transport, until } = way
  const isReset = settings.url.protocol === "https:" && fate !== "unsent" && !isLate && !isReused
  return isReset && !isGivenUp()
    ? Effect.match(transport.post(probe, until - performance.now()), {
        onSuccess: () => error,
        onFailure: (next) => (isRefusal(next.error) ? next.error : error)
      })
    : Effect.succeed(error)
}

/** What an answer says that is no acknowledgement. */
const refused = (
  { isUnknown, message, pauseMs, reason }: Refusal,
  wasUnknown: boolean
): Effect.Effect<never, SendFailed> =>
  new SendFailed({
    reason,
    message,
    isUnknown: wasUnknown || isUnknown,
    isRefusedAtOnce: false,
    isReset: false,
    pauseMs
  })

/** From what a caller wants to what the tables take: the payload as text, an id, the options checked. */
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import { type AnyFiber, clockOf, currentFiber } from "../../../observe/instrument/fiber.ts"
import { describe } from "../definition/attempt.ts"
import { backoffSettings } from "../definition/backoff.ts"
import { type AttemptOptions, attemptChecks, type JobKind, priorityCheck } from "../definition/kind.ts"
import type { Priority } from "../definition/priority.ts"
import { JobError } from "../error.ts"
import { type Check, firstUnfit, isText, timeOrNone } from "../options.ts"
import type { NewJob } from "../store/operations.ts"
import * as Id from "./id.ts"
import { type Baggage, type BaggageKeys, carriedText, JobBaggage } from "../baggage.ts"
import { traceContextOn } from "../trace-context.ts"

/** How to submit a job. What is not given is as in its definition. */
export interface SubmitOptions extends AttemptOptions {
  /** The priority of this job; that of its definition unless given. */
  readonly priority?: Priority | undefined
  /** While a job of the same type with this key is alive, submitting another gives the id of that one. */
  readonly dedupeKey?: string | undefined
  /**
   * From the first submission with this key on, and for so long, submitting another of the same type gives the id of
   * that one, whether it is alive or done.
   */
  readonly unique?: { readonly key: string; readonly for: Duration.DurationInput } | undefined
  /** Not before this much time has passed, by the clock of the database; wins over `at`. */
  readonly delay?: Duration.DurationInput | undefined
  /** Not before this time, in epoch milliseconds. */
  readonly at?: number | undefined
}

/** How to submit many jobs of one kind. Keys are made of each payload. */
export interface SubmitManyOptions<P> extends Omit<SubmitOptions, "dedupeKey" | "unique"> {
  /** Makes the `dedupeKey` of each job from its payload. */
  readonly dedupeKey?: ((payload: P) => string) | undefined
  /** `unique` of `submit`; its key is made from each payload. */
  readonly unique?: { readonly key: (payload: P) => string; readonly for: Duration.DurationInput } | undefined
}

/** What a job is made of. */
export interface Order<P> {
  readonly kind: JobKind<P>
  readonly payload: P
  readonly options: SubmitOptions
  readonly settings: OrderSettings
}

/** The settings of all orders. */
export interface OrderSettings {
  readonly maxPayloadLength: number
  readonly baggage: BaggageKeys
}

/** Fails with `Validation` where the caller can fix it; nothing has reached the tables then. */
export const submissionOf = <P>({ kind, options, payload, settings }: Order<P>): Effect.Effect<NewJob, JobError> =>
  Effect.suspend(() => made({ kind, settings, given: givenIn(kind, options) }, payload))

/** What many jobs are made of. */
export interface Orders<P> extends Omit<Order<P>, "payload" | "options"> {
  readonly payloads: Iterable<P>
  readonly options: SubmitManyOptions<P>
}

/** The submission of each payload, in order, each made when it is asked for. */
export function* submissionsOf<P>({
  kind,
  options: { dedupeKey, unique, ...common },
  payloads,
  settings
}: Orders<P>): Generator<Effect.Effect<NewJob, JobError>> {
  const order: Making<P> = { kind, settings, given: givenIn(kind, common) }
  for (const payload of payloads) {
    yield dedupeKey === undefined && unique === undefined
      ? made(order, payload)
      : Effect.flatMap(keysOf({ dedupeKey, unique }, payload, kind.type), (keys) =>
          submissionOf({ kind, settings, payload, options: { ...common, ...keys } })
        )
  }
}

const keysOf = <P>(
  { dedupeKey, unique }: Pick<SubmitManyOptions<P>, "dedupeKey" | "unique">,
  payload: P,
  jobType: string
): Effect.Effect<Pick<SubmitOptions, "dedupeKey" | "unique">, JobError> =>
  Effect.try({
    try: () => ({
      dedupeKey: dedupeKey?.(payload),
      unique: unique === undefined ? undefined : { key: unique.key(payload), for: unique.for }
    }),
    catch: (cause) =>
      new JobError({ reason: "Validation", message: "The keys can't be made of this payload", jobType, cause })
  })

/** The options of a submission that has none. */
export const none: SubmitOptions = {}

/** The options of submissions as the tables take them, and what about them makes no sense. */
interface Given {
  readonly problem: string | undefined
  readonly priority: Priority
  readonly fields: Partial<NewJob>
}

interface Making<P> {
  readonly kind: JobKind<P>
  readonly settings: OrderSettings
  readonly given: Given
}

const givenIn = <P>(kind: JobKind<P>, options: SubmitOptions): Given => {
  const isPlain = options === none || Object.keys(options).length === 0
  const unfit = firstUnfit(kind.checks) ?? (isPlain ? undefined : firstUnfit(checksOf(options)))
  return {
    problem: unfit?.message,
    priority: options.priority ?? kind.priority,
    fields: isPlain || unfit !== undefined ? {} : fieldsOf(kind, options)
  }
}

const made = <P>(making: Making<P>, payload: P): Effect.Effect<NewJob, JobError> => {
  const { given, kind, settings } = making
  const { maxPayloadLength } = settings
  return given.problem !== undefined
    ? refuse(kind, given.problem)
    : Effect.matchEffect(kind.payload.encode(payload), {
        onFailure: (error) => refuse(kind, describe(error)),
        onSuccess: (text) =>
          text.length > maxPayloadLength
            ? refuse(kind, `The payload has ${text.length} characters; the limit is ${maxPayloadLength}`)
            : Either.match(limitKeyOf(kind, payload), {
                onLeft: (message) => refuse(kind, message),
                onRight: (limitKey) => Effect.sync(() => newJob(making, text, limitKey))
              })
      })
}

const refuse = ({ type: jobType }: { readonly type: string }, message: string): Effect.Effect<never, JobError> =>
  new JobError({ reason: "Validation", message, jobType })

/** The job as it is on the fiber that runs now: by its clock, in its span, with its baggage. */
const newJob = <P>(
  { given: { fields, priority }, kind, settings: { baggage } }: Making<P>,
  payload: string,
  limitKey: string | undefined
): NewJob => {
  const fiber = currentFiber()
  const { traceparent, tracestate } = traceContextOn(fiber)
  return {
    id: Id.next(clockOf(fiber).unsafeCurrentTimeMillis()),
    type: kind.type,
    partition: Math.floor(Math.random() * partitions),
    priority,
    payload,
    dedupeKey: fields.dedupeKey,
    unique: fields.unique,
    delayMs: fields.delayMs,
    at: fields.at,
    maxAttempts: fields.maxAttempts,
    timeoutMs: fields.timeoutMs,
    backoff: fields.backoff,
    isLimited: kind.limits !== undefined,
    limitKey,
    traceparent,
    tracestate,
    baggage: baggage === false || fiber === undefined ? undefined : carriedText(baggageOf(fiber), baggage)
  }
}

const baggageOf = ({ currentContext }: AnyFiber): Baggage => Context.get(currentContext, JobBaggage)

const partitions = 32_768

const fieldsOf = <P>(kind: JobKind<P>, options: SubmitOptions): Partial<NewJob> => ({
  dedupeKey: options.dedupeKey,
  unique: options.unique === undefined ? undefined : { key: options.unique.key, forMs: wholeMs(options.unique.for) },
  delayMs: options.delay === undefined ? undefined : wholeMs(options.delay),
  at: options.at === undefined ? undefined : Math.round(options.at),
  maxAttempts: options.maxAttempts,
  timeoutMs: options.timeout === undefined ? undefined : wholeMs(options.timeout),
  backoff: options.backoff === undefined ? undefined : backoffSettings(options.backoff, kind.backoff)
})

const checksOf = (options: SubmitOptions): ReadonlyArray<Check> => [
  priorityCheck("priority", options.priority),
  key("dedupeKey", options.dedupeKey),
  key("unique.key", options.unique?.key),
  finite(timeOrNone("unique.for", options.unique?.for), options.unique?.for),
  finite(timeOrNone("delay", options.delay), options.delay),
  {
    option: "at",
    given: options.at,
    isFit: options.at === undefined || (Number.isFinite(options.at) && Math.abs(options.at) <= latestMs),
    expected: "a valid epoch time in milliseconds"
  },
  ...attemptChecks("", options)
]

/** What JavaScript takes for a date. */
const latestMs = 8_640_000_000_000_000

const key = (option: string, given: string | undefined): Check => ({
  option,
  given,
  isFit: given === undefined || given === "" || isText(given, longestKey),
  expected: `well-formed text of at most ${longestKey} characters`
})

const longestKey = 512

const finite = (check: Check, given: Duration.DurationInput | undefined): Check => ({
  ...check,
  isFit: check.isFit && (given === undefined || Duration.toMillis(given) <= latestMs)
})

/** Whole milliseconds, none longer than a database can add to a time. */
const wholeMs = (duration: Duration.DurationInput): number => Math.min(latestMs, Math.ceil(Duration.toMillis(duration)))

const limitKeyOf = <P>({ limits }: JobKind<P>, payload: P): Either.Either<string | undefined, string> => {
  const perKey = limits?.perKey
  return perKey === undefined
    ? Either.right(undefined)
    : Either.flatMap(
        Either.try({ try: () => perKey.key(payload), catch: () => "limits.perKey.key throws for this payload" }),
        (found) =>
          found === "" || isText(found, longestKey)
            ? Either.right(found)
            : Either.left(`limits.perKey.key gives no well-formed text of at most ${longestKey} characters`)
      )
}

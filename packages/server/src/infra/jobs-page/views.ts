/** Jobs as the API shows them. */
import * as Effect from "effect/Effect"
import type { JobStatus } from "../jobs.ts"
import type { JobView } from "./api.ts"
import type { JobsPageOptions } from "./options.ts"

/** What of the options decides how jobs are shown. */
export type ViewOptions = Pick<JobsPageOptions, "formatPayload" | "traceUrl">

/** A job as it stands, without what it does not have. */
export const viewOf = (job: JobStatus, options: ViewOptions): Effect.Effect<JobView> => {
  const { finishedAt, heldBy, lastTraceparent, progress, reason, startedAt, traceparent, ...rest } = job
  const traceId = traceIdOf(traceparent)
  const lastTraceId = traceIdOf(lastTraceparent)
  const urls = Effect.all([traceUrlOf(traceId, options), traceUrlOf(lastTraceId, options)])
  return Effect.map(urls, ([traceUrl, lastTraceUrl]) => ({
    ...rest,
    ...(startedAt === undefined ? {} : { startedAt }),
    ...(finishedAt === undefined ? {} : { finishedAt }),
    ...(heldBy === undefined ? {} : { heldBy }),
    ...(reason === undefined ? {} : { reason }),
    ...(progress === undefined ? {} : { progress: progressOf(progress) }),
    ...(traceId === undefined ? {} : { traceId }),
    ...(traceUrl === undefined ? {} : { traceUrl }),
    ...(lastTraceId === undefined ? {} : { lastTraceId }),
    ...(lastTraceUrl === undefined ? {} : { lastTraceUrl })
  }))
}

const progressOf = ({ note, ratio }: NonNullable<JobStatus["progress"]>) =>
  note === undefined ? { ratio } : { ratio, note }

/** https://www.w3.org/TR/trace-context/#traceparent-header */
const traceIdOf = (traceparent: string | undefined): string | undefined =>
  /^[0-9a-f]{2}-([0-9a-f]{32})-/.exec(traceparent ?? "")?.[1]

const traceUrlOf = (traceId: string | undefined, { traceUrl }: ViewOptions): Effect.Effect<string | undefined> =>
  traceId === undefined || traceUrl === undefined
    ? Effect.succeed(undefined)
    : Effect.try(() => webAddress(traceUrl(traceId))).pipe(
        Effect.catchAll(({ error }) =>
          Effect.as(Effect.logWarning("The option `traceUrl` of the jobs page failed", error), undefined)
        )
      )

/** What a browser may be sent to. */
const webAddress = (text: unknown): string | undefined =>
  typeof text === "string" && URL.canParse(text) && /^https?:$/.test(new URL(text).protocol)
    ? new URL(text).href
    : undefined

/** What stands in the place of a payload that the formatter can't format. */
export const unformatted = "The payload can't be shown: `formatPayload` failed, and the log says why."

/** More than a browser shows and a person reads. */
const longestPayload = 1_000_000

const shortened = (text: string): string =>
  text.length <= longestPayload
    ? text
    : `${text.slice(0, longestPayload).toWellFormed()}… (${text.length} characters, of which these are the first)`

/** What the formatter makes of a payload, cut where it is long. */
export const payloadOf = (
  format: NonNullable<ViewOptions["formatPayload"]>,
  jobType: string,
  payload: string
): Effect.Effect<string> =>
  Effect.try(() => shortened(String(format(jobType, payload)))).pipe(
    Effect.catchAll(({ error }) =>
      Effect.as(
        Effect.logWarning("The option `formatPayload` of the jobs page failed", error).pipe(
          Effect.annotateLogs({ jobType })
        ),
        unformatted
      )
    )
  )

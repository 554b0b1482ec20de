/** `JobError` is what `Schema.TaggedError` would make of it, in a twentieth of the code. */
import { describe, expect, it } from "@effect/vitest"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Equal from "effect/Equal"
import * as Exit from "effect/Exit"
import * as FastCheck from "effect/FastCheck"
import * as Schema from "effect/Schema"
import { inspect } from "node:util"
import { JobError, type JobErrorFields, JobErrorReason, JobErrorSchema } from "../../../src/infra/jobs.ts"

class Reference extends Schema.TaggedError<Reference>("Reference")("JobError", {
  reason: JobErrorReason,
  message: Schema.String,
  jobId: Schema.optional(Schema.String),
  jobType: Schema.optional(Schema.String),
  cause: Schema.optional(Schema.Defect)
}) {}

// Of an empty text or cause, Schema.TaggedError makes properties that one can list, and of others none.
const optional = FastCheck.option(FastCheck.string(), { nil: undefined })
const fields: FastCheck.Arbitrary<JobErrorFields> = FastCheck.record(
  {
    reason: FastCheck.constantFrom(...JobErrorReason.literals),
    message: FastCheck.string({ minLength: 1 }),
    jobId: optional,
    jobType: optional,
    cause: FastCheck.string({ minLength: 1 })
  },
  { requiredKeys: ["reason", "message"] }
)

const given = { reason: "NotFound", message: "No such job", jobId: "7", jobType: "mail" } as const

describe("a JobError", () => {
  it("crosses a wire as Schema.TaggedError would have it, and comes back equal", () => {
    FastCheck.assert(
      FastCheck.property(fields, (some) => {
        const error = new JobError(some)
        const wire = JSON.stringify(Schema.encodeSync(JobErrorSchema)(error))
        expect(JSON.parse(wire)).toEqual(JSON.parse(JSON.stringify(Schema.encodeSync(Reference)(new Reference(some)))))
        const back = Schema.decodeUnknownSync(JobErrorSchema)(JSON.parse(wire))
        expect(Equal.equals(back, error)).toBe(true)
        expect([back.message, back.cause, back.stack?.split("\n")[0]]).toEqual([
          error.message,
          error.cause,
          error.stack?.split("\n")[0]
        ])
      })
    )
  })

  it("has the fields, the text and the JSON of one", () => {
    FastCheck.assert(
      FastCheck.property(fields, (some) => {
        const [is, was] = [new JobError(some), new Reference(some)]
        const present = ({ jobId, jobType, ...error }: { readonly jobId?: unknown; readonly jobType?: unknown }) => ({
          ...error,
          ...(jobId === undefined ? {} : { jobId }),
          ...(jobType === undefined ? {} : { jobType })
        })
        expect(present(is)).toEqual(present(was))
        expect([String(is), is.name, is.message, is.cause]).toEqual([String(was), was.name, was.message, was.cause])
        expect(JSON.parse(JSON.stringify(is))).toEqual(JSON.parse(JSON.stringify(was)))
      })
    )
  })

  it.effect("is an effect that fails with it, under the span that it is yielded in", () =>
    Effect.gen(function* () {
      const error = new JobError(given)
      const exit = yield* Effect.exit(Effect.withSpan(error, "the span"))
      const failure = Exit.isFailure(exit) ? Cause.failureOption(exit.cause) : undefined
      expect(failure).toMatchObject({ _tag: "Some", value: { _tag: "JobError", jobId: "7" } })
      expect(Exit.isFailure(exit) ? Cause.pretty(exit.cause) : "").toMatch(/JobError: No such job[^]*at the span/)
      const caught = yield* Effect.gen(function* () {
        return yield* error
      }).pipe(Effect.catchTag("JobError", ({ reason }) => Effect.succeed(reason)))
      expect(caught).toBe("NotFound")
    })
  )

  it("is shown by Node with its stack and its fields", () => {
    const shown = inspect(new JobError(given))
    expect(shown).toMatch(/^JobError: No such job\n {4}at /)
    expect(shown).toMatch(/reason: 'NotFound',\n {2}jobId: '7',\n {2}jobType: 'mail'/)
  })
})

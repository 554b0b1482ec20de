/** The types of a definition: a schedule asks for the payload of a job that has one, a limit makes its key of it. */
import type * as Layer from "effect/Layer"
import * as Schema from "effect/Schema"
import { expectTypeOf } from "vitest"
import { Job, type JobSchedules, type OptionsError } from "../../../../src/infra/jobs.ts"

const Report = Job.make({ type: "report", payload: Schema.Void, success: Schema.Void, error: Schema.Never })
const Digest = Job.make({ type: "digest", payload: Schema.Number, success: Schema.Void, error: Schema.Never })

type Scheduled = Layer.Layer<never, OptionsError, JobSchedules>

expectTypeOf(Report.schedule("* * * * *")).toEqualTypeOf<Scheduled>()
expectTypeOf(Report.schedule("* * * * *", { name: "nightly" })).toEqualTypeOf<Scheduled>()
expectTypeOf(Digest.schedule("* * * * *", { payload: (tick) => tick })).toEqualTypeOf<Scheduled>()

// @ts-expect-error a number is needed
Digest.schedule("* * * * *")
// @ts-expect-error a number is needed
Digest.schedule("* * * * *", { name: "nightly" })

Job.make({
  type: "mail",
  payload: Schema.Struct({ to: Schema.String }),
  success: Schema.Void,
  error: Schema.Never,
  limits: { perKey: { key: ({ to }) => to, concurrency: 1 }, rate: { limit: 10, per: "1 second" } }
})

// Serves a page on which people see, cancel, replay and pause jobs, for those who have the password.
// Run: PASSWORD=secret PORT=3000 npx tsx jobs-page.ts
import { createHash, timingSafeEqual } from "node:crypto"
import { createServer } from "node:http"
import { SingleRunner } from "@effect/cluster"
import { HttpRouter, HttpServer, type HttpServerRequest, HttpServerResponse } from "@effect/platform"
import { NodeHttpServer, NodeRuntime } from "@effect/platform-node"
import { SqliteClient } from "@effect/sql-sqlite-node"
import { Job, JobService } from "@parametric-portal/server/infra/jobs"
import { JobsPage, type JobsPageAccess } from "@parametric-portal/server/infra/jobs-page"
import { MetricsService } from "@parametric-portal/server/observe/metrics"
import { Config, Effect, Layer, Redacted, Schema } from "effect"

const Mail = Job.make({ type: "mail", payload: Schema.String, success: Schema.Void, error: Schema.Never })
const MailLive = Mail.toLayer((to) => Effect.delay(Effect.log(`mail to ${to}`), "10 seconds"))

const digest = (text: string) => createHash("sha256").update(text).digest()

/** Takes the same time whatever of the password is wrong. */
const accessOf = (password: Redacted.Redacted) => {
  const expected = digest(`admin:${Redacted.value(password)}`)
  return ({ headers }: HttpServerRequest.HttpServerRequest): Effect.Effect<JobsPageAccess> =>
    Effect.sync(() => {
      const given = Buffer.from((headers["authorization"] ?? "").replace(/^Basic /i, ""), "base64").toString()
      return timingSafeEqual(digest(given), expected)
        ? { level: "write", who: "admin" }
        : { level: "none", who: "", challenge: 'Basic realm="jobs"' }
    })
}

const router = Effect.gen(function* () {
  const jobs = yield* JobService
  const page = yield* JobsPage.make({
    access: accessOf(yield* Config.redacted("PASSWORD")),
    formatPayload: (_jobType, json) => json
  })
  return HttpRouter.empty.pipe(
    HttpRouter.post("/mail", Effect.map(jobs.submit(Mail, "ada@example.org"), HttpServerResponse.text)),
    HttpRouter.mountApp("/admin", page)
  )
})

const Site = Layer.unwrapEffect(Effect.map(router, (routes) => HttpServer.serve(routes))).pipe(
  HttpServer.withLogAddress,
  Layer.provide(
    NodeHttpServer.layerConfig(createServer, {
      host: Config.succeed("localhost"),
      port: Config.integer("PORT").pipe(Config.withDefault(3000))
    })
  ),
  Layer.provide(MailLive.pipe(Layer.provideMerge(JobService.layer()))),
  Layer.provide(SingleRunner.layer()),
  Layer.provide(SqliteClient.layerConfig({ filename: Config.string("DATABASE").pipe(Config.withDefault(":memory:")) })),
  Layer.provide(MetricsService.Default)
)

NodeRuntime.runMain(Layer.launch(Site))

/** vmalert evaluates the rules of the VMRules on a VictoriaMetrics to which a shop sends what it counts. */
import { victoriaMetrics } from "@parametric-portal/receivers/victoria-metrics"
import { vmalert } from "@parametric-portal/receivers/vmalert"
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as LogLevel from "effect/LogLevel"
import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import path from "node:path"
import { parse } from "yaml"
import { yaml, type Yaml } from "../../src/files/yaml.ts"
import { filesOf } from "../../src/forms.ts"
import { metricsIn } from "../../src/promql/parse.ts"
import { repository } from "../../src/repository.ts"
import { committedQueries, filledIn, mayBeEmpty } from "../support/committed-queries.ts"
import { shop } from "../support/shop.ts"

/** As the VictoriaMetrics operator gives the rules of an object to vmalert. */
const ruleFiles = Effect.acquireRelease(
  Effect.sync(() => mkdtempSync(path.join(tmpdir(), "monitoring-"))),
  (folder) => Effect.sync(() => rmSync(folder, { recursive: true, force: true }))
).pipe(
  Effect.map((folder) =>
    Array.from(filesOf("victoriametrics", repository), ([name, text]) => {
      const { spec }: { spec: { groups: Yaml } } = parse(text)
      const file = path.join(folder, path.basename(name))
      writeFileSync(file, yaml({ groups: spec.groups }))
      return file
    })
  )
)

const until = <A>(ask: Effect.Effect<A>, isRight: (answer: A) => boolean, left = 60): Effect.Effect<A> =>
  Effect.flatMap(ask, (answer) =>
    left === 0 || isRight(answer) ? Effect.succeed(answer) : Effect.delay(until(ask, isRight, left - 1), "1 second")
  )

describe("vmalert", { timeout: 180_000 }, () => {
  it.live("evaluates every rule without an error, and records what the panels read", () =>
    Effect.gen(function* () {
      const store = yield* victoriaMetrics
      yield* Layer.build(shop(store.url))
      const alerts = yield* vmalert({ store: store.address, rules: yield* ruleFiles })
      const rules = yield* until(
        Effect.promise(alerts.rules),
        (all) => all.length > 0 && all.every(({ lastEvaluation }) => !lastEvaluation.startsWith("0001"))
      )
      expect(rules.length).toBe(repository.recordings.length + repository.alerts.length)
      expect(
        rules.filter(({ health }) => health !== "ok").map(({ lastError, name }) => `${name}: ${lastError}`)
      ).toEqual([])
      const read = committedQueries().filter(
        ({ expression, panel }) =>
          mayBeEmpty.get(panel) === undefined && metricsIn(filledIn(expression)).some((name) => name.includes(":"))
      )
      expect(read.length).toBeGreaterThan(5)
      const silent = yield* Effect.filter(
        read,
        ({ expression }) =>
          until(
            Effect.promise(() => store.query(filledIn(expression, "shop"))),
            (found) => found.length > 0
          ).pipe(Effect.map((found) => found.length === 0)),
        { concurrency: 8 }
      )
      expect(silent.map(({ legend, panel }) => `${panel}: ${legend}`)).toEqual([])
    }).pipe(Effect.scoped, Effect.provide(Logger.minimumLogLevel(LogLevel.Error)))
  )
})

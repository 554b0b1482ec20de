import * as RunnerHealth from "@effect/cluster/RunnerHealth"
import { RunnerAddress } from "@effect/cluster/RunnerAddress"
import { expect, it } from "@effect/vitest"
import { Effect, Layer } from "effect"
import { describe } from "vitest"
import { ClusterMetrics } from "../../../../src/infra/cluster.ts"
import * as Testing from "../../../../src/observe/testing.ts"
import { moved } from "../test-cluster.ts"

describe("the health of other runners", () => {
  const address = RunnerAddress.make({ host: "localhost", port: 1 })

  it.effect("counts each check by its result", () =>
    Effect.gen(function* () {
      const health = yield* RunnerHealth.RunnerHealth
      yield* health.isAlive(address)
      yield* health.isAlive(RunnerAddress.make({ host: "gone", port: 1 }))
      yield* Effect.exit(health.isAlive(RunnerAddress.make({ host: "broken", port: 1 })))
      expect(yield* moved("cluster_runner_health_checks_total")).toEqual({
        'cluster_runner_health_checks_total{result="alive"}': 1,
        'cluster_runner_health_checks_total{result="dead"}': 1,
        'cluster_runner_health_checks_total{result="error"}': 1
      })
    }).pipe(
      Effect.provide(
        ClusterMetrics.runnerHealth().pipe(
          Layer.provide(
            Layer.succeed(RunnerHealth.RunnerHealth, {
              isAlive: ({ host }) => (host === "broken" ? Effect.die("no") : Effect.succeed(host === "localhost"))
            })
          ),
          Layer.provideMerge(Testing.layer())
        )
      )
    )
  )
})

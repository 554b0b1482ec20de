/** What the check of peers leaves in a request for the handlers behind it. */
import { RunnerAddress } from "@effect/cluster/RunnerAddress"
import * as ShardingConfig from "@effect/cluster/ShardingConfig"
import * as HttpRouter from "@effect/platform/HttpLayerRouter"
import * as HttpServer from "@effect/platform/HttpServer"
import * as HttpServerResponse from "@effect/platform/HttpServerResponse"
import { expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import { tokenOf } from "../../../../src/infra/cluster/runner/cluster-secret.ts"
import { onlyPeers } from "../../../../src/infra/cluster/runner/peer-request.ts"

const token = tokenOf("a secret of sixteen")

const app = Layer.mergeAll(
  HttpRouter.add("GET", "/", (request) => HttpServerResponse.unsafeJson(request.headers)),
  onlyPeers(token)
).pipe(
  Layer.provide(
    ShardingConfig.layer({ runnerAddress: Option.some(RunnerAddress.make({ host: "127.0.0.1", port: 1 })) })
  ),
  Layer.provide(HttpServer.layerContext)
)

/** The answer to a request with these headers. */
const answered = (headers: Record<string, string>) =>
  Effect.acquireUseRelease(
    Effect.sync(() => HttpRouter.toWebHandler(app, { disableLogger: true })),
    ({ handler }) =>
      Effect.promise(() =>
        handler(new Request("http://127.0.0.1:1/", { headers: { host: "127.0.0.1:1", ...headers } }))
      ),
    ({ dispose }) => Effect.promise(dispose)
  )

it.live("a handler sees no proof of the secret, neither in a header nor as a subprotocol", () =>
  Effect.gen(function* () {
    const proofs = [
      { authorization: `Bearer ${token}` },
      { "sec-websocket-protocol": `other, effect-cluster.${token}` }
    ]
    for (const proof of proofs) {
      const response = yield* answered({ ...proof, "x-other": "kept" })
      expect(response.status).toBe(200)
      const seen = yield* Effect.promise(() => response.text())
      expect(JSON.parse(seen)).toMatchObject({ "x-other": "kept" })
      expect(seen).not.toContain(token)
    }
    expect((yield* answered({ authorization: "Bearer another" })).status).toBe(403)
  })
)

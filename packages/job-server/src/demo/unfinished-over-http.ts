/** The number of jobs that have not ended, asked over the control API as another program would. */
import * as HttpClient from "@effect/platform/HttpClient"
import * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import * as NodeHttpClient from "@effect/platform-node/NodeHttpClient"
import { HttpMetrics } from "@parametric-portal/server/infra/http"
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Schema from "effect/Schema"
import type { ControlAddress } from "../admin/control-api.ts"
import { commandPaths, ControlRequestJson, ControlResponseJson } from "../admin/control-api-protocol.ts"

/** The server answered something else; `message` says what. */
class NotCounted extends Data.TaggedError("NotCounted")<{ readonly message: string }> {}

/** Asks an HTTP client whose requests are measured. */
export const unfinishedOverHttp = ({ port, token }: ControlAddress) =>
  Effect.gen(function* () {
    const client = yield* HttpClient.HttpClient
    const request = HttpClientRequest.post(`http://127.0.0.1:${port}${commandPaths.Depth}`).pipe(
      HttpClientRequest.bearerToken(token),
      HttpClientRequest.bodyText(yield* Schema.encode(ControlRequestJson)({ _tag: "Depth" }), "application/json")
    )
    const text = yield* Effect.flatMap(client.execute(request), (response) => response.text)
    const response = yield* Schema.decode(ControlResponseJson)(text)
    if (response._tag !== "Depths") {
      return yield* new NotCounted({ message: `The server answered ${response._tag}.` })
    }
    return response.depths.reduce((sum, { jobs, state }) => (state === "dead" ? sum : sum + jobs), 0)
  })

/** The client for it. */
export const measuredClient = Layer.provideMerge(HttpMetrics.clientLayer, NodeHttpClient.layer)

/**
 * The control endpoint. It has its own port, so it stays up when the receiver refuses connections: `GET /state`,
 * `GET /failure-mode`, `PUT /failure-mode` with JSON such as `{"_tag":"Slow","millis":200}`, and `POST /clear`.
 */
import * as HttpMiddleware from "@effect/platform/HttpMiddleware"
import { HttpServerRequest } from "@effect/platform/HttpServerRequest"
import * as HttpServerResponse from "@effect/platform/HttpServerResponse"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import type { Scope } from "effect/Scope"
import type { FailureMode } from "./failure-mode.ts"
import { host, listen, type ListenFailed, type PortInUse } from "./listener.ts"
import { FailureModeJson, type Snapshot, SnapshotJson } from "./snapshot.ts"

/** What the endpoint reads and changes. */
export interface ControlTarget {
  readonly failureMode: Effect.Effect<FailureMode>
  readonly setFailureMode: (mode: FailureMode) => Effect.Effect<void, PortInUse | ListenFailed>
  readonly snapshot: Effect.Effect<Snapshot>
  readonly clear: Effect.Effect<void>
}

/** Serves the endpoint until the scope closes, and returns its address. */
export const serveControl = (
  target: ControlTarget,
  port: number
): Effect.Effect<string, PortInUse | ListenFailed, Scope> =>
  Effect.gen(function* () {
    const listener = yield* listen(port)
    yield* HttpMiddleware.withTracerDisabledWhenEffect(listener.server.serve(respond(target)), () => true)
    return `http://${host}:${listener.port}`
  })

const respond = (
  target: ControlTarget
): Effect.Effect<HttpServerResponse.HttpServerResponse, never, HttpServerRequest> =>
  Effect.gen(function* () {
    const request = yield* HttpServerRequest
    switch (`${request.method} ${request.url}`) {
      case "GET /state":
        return json(yield* Effect.flatMap(target.snapshot, Schema.encode(SnapshotJson)))
      case "GET /failure-mode":
        return json(yield* Effect.flatMap(target.failureMode, Schema.encode(FailureModeJson)))
      case "PUT /failure-mode": {
        const mode = yield* Effect.flatMap(request.text, Schema.decode(FailureModeJson))
        yield* target.setFailureMode(mode)
        return json(yield* Schema.encode(FailureModeJson)(mode))
      }
      case "POST /clear":
        yield* target.clear
        return HttpServerResponse.empty()
      default:
        return HttpServerResponse.text(
          "Not found. Use GET /state, GET /failure-mode, PUT /failure-mode or POST /clear.\n",
          { status: 404 }
        )
    }
  }).pipe(Effect.catchAll((error) => Effect.succeed(HttpServerResponse.text(`${error.message}\n`, { status: 400 }))))

const json = (text: string) => HttpServerResponse.text(text, { contentType: "application/json" })

/**
 * The control endpoint, on a port of its own so that it stays when the receiver refuses: `GET /state`, `GET /mode`,
 * `PUT /mode` with a mode as JSON such as `{"_tag":"Slow","millis":200}`, `POST /clear`.
 */
import * as HttpMiddleware from "@effect/platform/HttpMiddleware"
import { HttpServerRequest } from "@effect/platform/HttpServerRequest"
import * as HttpServerResponse from "@effect/platform/HttpServerResponse"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import type { Scope } from "effect/Scope"
import { host, listen, type ListenFailed, type PortInUse } from "./listener.ts"
import type { Mode } from "./failure-mode.ts"
import { ModeJson, type Snapshot, SnapshotJson } from "./snapshot.ts"

/** What the endpoint controls. */
export interface Controlled {
  readonly mode: Effect.Effect<Mode>
  readonly setMode: (mode: Mode) => Effect.Effect<void, PortInUse | ListenFailed>
  readonly snapshot: Effect.Effect<Snapshot>
  readonly clear: Effect.Effect<void>
}

/** Serves the endpoint until the scope ends, and returns its address. */
export const serveControl = (
  controlled: Controlled,
  port: number
): Effect.Effect<string, PortInUse | ListenFailed, Scope> =>
  Effect.gen(function* () {
    const listener = yield* listen(port)
    yield* HttpMiddleware.withTracerDisabledWhenEffect(listener.server.serve(respond(controlled)), () => true)
    return `http://${host}:${listener.port}`
  })

const respond = (
  controlled: Controlled
): Effect.Effect<HttpServerResponse.HttpServerResponse, never, HttpServerRequest> =>
  Effect.gen(function* () {
    const request = yield* HttpServerRequest
    switch (`${request.method} ${request.url}`) {
      case "GET /state":
        return json(yield* Effect.flatMap(controlled.snapshot, Schema.encode(SnapshotJson)))
      case "GET /mode":
        return json(yield* Effect.flatMap(controlled.mode, Schema.encode(ModeJson)))
      case "PUT /mode": {
        const mode = yield* Effect.flatMap(request.text, Schema.decode(ModeJson))
        yield* controlled.setMode(mode)
        return json(yield* Schema.encode(ModeJson)(mode))
      }
      case "POST /clear":
        yield* controlled.clear
        return HttpServerResponse.empty()
      default:
        return HttpServerResponse.text("there are GET /state, GET /mode, PUT /mode, POST /clear\n", { status: 404 })
    }
  }).pipe(Effect.catchAll((error) => Effect.succeed(HttpServerResponse.text(`${error.message}\n`, { status: 400 }))))

const json = (text: string) => HttpServerResponse.text(text, { contentType: "application/json" })

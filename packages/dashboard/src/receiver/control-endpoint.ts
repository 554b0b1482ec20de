/**
 * The control endpoint. It has its own port, so it stays up when the receiver refuses connections: `GET /state` and, for
 * tests, `GET /failure-mode`, `PUT /failure-mode` with JSON such as `{"_tag":"Slow","millis":200}`, and `POST /clear`.
 */
import * as NodeHttpServerRequest from "@effect/platform-node/NodeHttpServerRequest"
import { HttpServerRequest } from "@effect/platform/HttpServerRequest"
import * as HttpServerResponse from "@effect/platform/HttpServerResponse"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import type { Scope } from "effect/Scope"
import { callerProblem } from "./caller.ts"
import type { FailureMode } from "./failure-mode.ts"
import { makeBodyReader } from "./incoming-body.ts"
import { host, listen, type ListenFailed, type PortInUse } from "./listener.ts"
import { withoutSecrets } from "./request-log.ts"
import { FailureModeJson, type Snapshot, SnapshotJson } from "./snapshot.ts"

/** What the endpoint reads and changes. */
export interface ControlTarget {
  readonly failureMode: Effect.Effect<FailureMode>
  readonly setFailureMode: (mode: FailureMode) => Effect.Effect<void, PortInUse | ListenFailed>
  readonly snapshot: Effect.Effect<Snapshot>
  readonly clear: Effect.Effect<void>
}

export interface ControlOptions {
  readonly port: number
  /** Only `GET /state`: nothing can be changed. */
  readonly isReadOnly: boolean
}

/** Serves the endpoint until the scope closes, and returns its address. */
export const serveControl = (
  target: ControlTarget,
  { isReadOnly, port }: ControlOptions
): Effect.Effect<string, PortInUse | ListenFailed, Scope> =>
  Effect.gen(function* () {
    const listener = yield* listen(port)
    yield* listener.serve(respond(target, isReadOnly))
    return `http://${host}:${listener.port}`
  })

const respond = (
  target: ControlTarget,
  isReadOnly: boolean
): Effect.Effect<HttpServerResponse.HttpServerResponse, never, HttpServerRequest> =>
  Effect.gen(function* () {
    const request = yield* HttpServerRequest
    const problem = callerProblem(request.headers)
    if (problem !== null) {
      return HttpServerResponse.text(`${problem}\n`, { status: 403 })
    }
    const asked = `${request.method} ${request.url}`
    if (isReadOnly && asked !== "GET /state") {
      return HttpServerResponse.text("Not found. Use GET /state.\n", { status: 404 })
    }
    switch (asked) {
      case "GET /state":
        return json(yield* Effect.flatMap(target.snapshot, (state) => Schema.encode(SnapshotJson)(shown(state))))
      case "GET /failure-mode":
        return json(yield* Effect.flatMap(target.failureMode, Schema.encode(FailureModeJson)))
      case "PUT /failure-mode": {
        const mode = yield* Effect.flatMap(textOf(request), Schema.decode(FailureModeJson))
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

const maxLength = 65_536

const textOf = (request: HttpServerRequest) =>
  bodies.read(NodeHttpServerRequest.toIncomingMessage(request), (body) => Effect.succeed(Buffer.from(body).toString()))

const bodies = makeBodyReader({ limit: maxLength, timeout: "10 seconds" })

const shown = (state: Snapshot): Snapshot => ({ ...state, requests: state.requests.map(withoutSecrets) })

const json = (text: string) => HttpServerResponse.text(text, { contentType: "application/json" })

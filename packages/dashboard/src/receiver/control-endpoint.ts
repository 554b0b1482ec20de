/**
 * The control endpoint. It has its own port, so it stays up when the receiver refuses connections: `GET /state` and, for
 * tests, `GET /failure-mode`, `PUT /failure-mode` with JSON such as `{"_tag":"Slow","millis":200}`, and `POST /clear`.
 */
import * as NodeHttpServerRequest from "@effect/platform-node/NodeHttpServerRequest"
import { HttpServerRequest } from "@effect/platform/HttpServerRequest"
import * as HttpServerResponse from "@effect/platform/HttpServerResponse"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import type { Scope } from "effect/Scope"
import type { ServerResponse } from "node:http"
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
  /** How long a caller may take to read the state. */
  readonly patience?: Duration.DurationInput
}

/** Serves the endpoint until the scope closes, and returns its address. */
export const serveControl = (
  target: ControlTarget,
  { isReadOnly, patience = "30 seconds", port }: ControlOptions
): Effect.Effect<string, PortInUse | ListenFailed, Scope> =>
  Effect.gen(function* () {
    const listener = yield* listen(port)
    yield* listener.serve(respond(target, { isReadOnly, takeTurn: makeTurns(patience) }))
    return `http://${host}:${listener.port}`
  })

const respond = (
  target: ControlTarget,
  { isReadOnly, takeTurn }: { readonly isReadOnly: boolean; readonly takeTurn: TakeTurn }
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
        return takeTurn(NodeHttpServerRequest.toServerResponse(request))
          ? yield* Effect.catchAllDefect(stateOf(target), () => tooMuch)
          : busy
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

const stateOf = (target: ControlTarget) =>
  Effect.map(
    Effect.flatMap(target.snapshot, (state) => Schema.encode(SnapshotJson)(shown(state))),
    json
  )

const tooMuch = Effect.succeed(
  HttpServerResponse.text("The receiver holds more than can be shown: start it again.\n", { status: 503 })
)

const busy = HttpServerResponse.text("Others are reading the state: try again.\n", {
  status: 503,
  headers: { "retry-after": "1" }
})

/** Each state in the making is as large as all that the receiver holds. */
const maxStates = 2

type TakeTurn = (response: ServerResponse) => boolean

/** Whether a state may be made for a response; its connection is cut when the state is not read in time. */
const makeTurns = (patience: Duration.DurationInput): TakeTurn => {
  let taken = 0
  return (response) => {
    if (taken >= maxStates) {
      return false
    }
    taken += 1
    const cut = setTimeout(() => response.destroy(), Duration.toMillis(patience))
    response.once("close", () => {
      taken -= 1
      clearTimeout(cut)
    })
    return true
  }
}

const maxLength = 65_536

const textOf = (request: HttpServerRequest) =>
  bodies.read(NodeHttpServerRequest.toIncomingMessage(request), (body) => Effect.succeed(Buffer.from(body).toString()))

const bodies = makeBodyReader({ limit: maxLength, timeout: "10 seconds" })

const shown = (state: Snapshot): Snapshot => ({ ...state, requests: state.requests.map(withoutSecrets) })

const json = (text: string) => HttpServerResponse.text(text, { contentType: "application/json" })

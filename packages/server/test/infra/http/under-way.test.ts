/** What has ended is not kept: the last response of a server that nobody asks any more may be large. */
import { HttpServerRequest } from "@effect/platform"
import { expect, it } from "@effect/vitest"
import { Effect } from "effect"
import { recorderOf } from "../../../src/infra/http/recorder.ts"
import { UnderWay } from "../../../src/infra/http/under-way.ts"
import { MetricsService } from "../../../src/observe/metrics.ts"
import { layer } from "./http-server.ts"

const requests = {
  "by HTTP/1.1": { socket: { destroyed: false } },
  "to a web handler": { signal: { aborted: false } }
}

it.effect.each(Object.entries(requests))("a request %s is the latest until it has ended", ([, connection]) =>
  Effect.gen(function* () {
    const underWay = new UnderWay()
    const recorder = recorderOf(yield* MetricsService)
    const request = HttpServerRequest.fromWeb(new Request("http://localhost/"))
    const served = yield* Effect.withFiberRuntime<ReturnType<typeof recorder.begin>>((fiber) =>
      Effect.succeed(recorder.begin(fiber))
    ).pipe(Effect.provideService(HttpServerRequest.HttpServerRequest, request))
    if (served === undefined) {
      return yield* Effect.dieMessage("it was not begun")
    }
    const among = underWay.of({}, "socket" in connection ? connection.socket : connection.signal)
    among.begun(served)
    underWay.latest = served
    expect(among.find(served.arriving.source)).toBe(served)
    among.ended(served)
    expect(among.find(served.arriving.source)).toBeUndefined()
    expect(underWay.latest).toBeUndefined()
    served.end()
  }).pipe(Effect.provide(layer))
)

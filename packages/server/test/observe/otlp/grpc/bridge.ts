/** A port of gRPC before a receiver that speaks HTTP, so that what is seen over the one can be seen over the other. */
import { status as Status } from "@grpc/grpc-js"
import type * as Effect from "effect/Effect"
import type { Scope } from "effect/Scope"
import { type IncomingMessage, request as post } from "node:http"
import {
  type GrpcAnswer,
  type GrpcRequest,
  grpcCollector,
  type GrpcCollector,
  paths,
  retryInfo
} from "./grpc-collector.ts"

/** Where each signal goes. */
export type Addresses = Readonly<Record<"metrics" | "records", () => string>>

/** Ends with the scope. What was taken may be answered otherwise. */
export const bridge = (
  { metrics, records }: Addresses,
  otherwise: (request: GrpcRequest) => GrpcAnswer | undefined = () => undefined
): Effect.Effect<GrpcCollector, never, Scope> =>
  grpcCollector((request) => {
    const path = request.path === paths.traces ? "/v1/traces" : "/v1/logs"
    const answer = passed(request.path === paths.metrics ? metrics() : `${records()}${path}`, request)
    return answer.then((given) => otherwise(request) ?? given)
  })

const passed = (url: string, { body, givenUp }: GrpcRequest) =>
  new Promise<GrpcAnswer>((resolve) => {
    const headers = { "content-type": "application/x-protobuf" }
    const sent = post(url, { method: "POST", headers, signal: givenUp, agent: false }, (response) => {
      const parts: Array<Buffer> = []
      response.on("data", (part: Buffer) => parts.push(part))
      response.once("end", () => resolve(answerOf(response, Buffer.concat(parts))))
      response.once("error", () => resolve("reset"))
    })
    // Where nobody takes what was sent, nobody does here.
    sent.once("error", () => resolve(givenUp.aborted ? "never" : "reset"))
    sent.end(body)
  })

const answerOf = ({ headers, statusCode = 0 }: IncomingMessage, body: Buffer): GrpcAnswer => {
  if (statusCode === 200) {
    return body
  }
  const seconds = Number(headers["retry-after"])
  const metadata = seconds > 0 ? { metadata: retryInfo(seconds) } : {}
  return { code: codes.get(statusCode) ?? Status.UNKNOWN, details: `answered ${statusCode}`, ...metadata }
}

const codes = new Map([
  [400, Status.INVALID_ARGUMENT],
  [429, Status.RESOURCE_EXHAUSTED],
  [503, Status.UNAVAILABLE]
])

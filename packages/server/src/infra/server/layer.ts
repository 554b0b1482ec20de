/** The layers of all parts, as far as what they decorate is there. */
import * as HttpClient from "@effect/platform/HttpClient"
import * as HttpLayerRouter from "@effect/platform/HttpLayerRouter"
import type * as Rpc from "@effect/rpc/Rpc"
import * as RpcClient from "@effect/rpc/RpcClient"
import type * as RpcGroup from "@effect/rpc/RpcGroup"
import * as RpcServer from "@effect/rpc/RpcServer"
import * as SqlClient from "@effect/sql/SqlClient"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import { OptionsError } from "../../observe/instrument/options-error.ts"
import type { MetricsService } from "../../observe/metrics.ts"
import { RuntimeMetrics } from "../../observe/runtime.ts"
import { HttpMetrics } from "../http.ts"
import { middlewaresOf } from "../rpc/middleware.ts"
import { RpcMetrics } from "../rpc.ts"
import { SqlMetrics } from "../sql.ts"
import type { ServerOptions } from "./options.ts"

type Part = Layer.Layer<never, OptionsError, MetricsService>

/**
 * Measures what it is provided with: the `HttpClient`, the `SqlClient`, the `RpcClient.Protocol`, the handlers of RPCs, the
 * `RpcServer.Protocol` and the `HttpLayerRouter` that are there, an `HttpApi`, and the process. It goes between them and the program, which gets
 * them from it. What is not there is left out. Fails with an {@link OptionsError} when an option is not sound.
 */
export const layer = (options: ServerOptions = {}): Layer.Layer<never, OptionsError, MetricsService> =>
  Layer.unwrapEffect(
    Effect.map(Effect.context<never>(), (context) =>
      [...parts(options), ...decorators(options, context)].reduce((all, part) => Layer.merge(all, part), Layer.empty)
    )
  )

const parts = ({ httpServer = true, runtime = true }: ServerOptions): ReadonlyArray<Part> => [
  ...(runtime === false ? [] : [RuntimeMetrics.layer(runtime === true ? {} : runtime)]),
  ...(httpServer ? [HttpMetrics.apiLayer] : [])
]

const decorators = (
  { httpClient = true, httpServer = true, rpcClient = true, rpcGroups = [], sql = true }: ServerOptions,
  context: Context.Context<never>
): ReadonlyArray<Part> => {
  const found = <I, S>(
    isOn: boolean,
    tag: Context.Tag<I, S>,
    decorator: Layer.Layer<I, never, I | MetricsService>
  ): ReadonlyArray<Part> => {
    const service = Context.getOption(context, tag)
    return isOn && Option.isSome(service) ? [Layer.provide(decorator, Layer.succeed(tag, service.value))] : []
  }
  const router = Context.getOption(context, HttpLayerRouter.HttpRouter)
  return [
    ...(httpServer && Option.isSome(router)
      ? [Layer.provide(HttpMetrics.layerRouter, Layer.succeed(HttpLayerRouter.HttpRouter, router.value))]
      : []),
    ...found(httpClient, HttpClient.HttpClient, HttpMetrics.clientLayer),
    ...found(sql !== false, SqlClient.SqlClient, SqlMetrics.layer(sql === true || sql === false ? {} : sql)),
    ...found(rpcClient, RpcClient.Protocol, RpcMetrics.clientLayer()),
    ...found(rpcGroups.length > 0, RpcServer.Protocol, RpcMetrics.serverProtocolLayer(...rpcGroups)),
    ...rpcGroups.map((group) => served(group, context))
  ]
}

const served = (group: Pick<RpcGroup.RpcGroup<Rpc.Any>, "requests">, context: Context.Context<never>): Part => {
  const rpcs = Array.from(group.requests.values())
  const needed = new Map([
    ...rpcs.map(({ _tag, key }) => [key, _tag] as const),
    ...rpcs.flatMap((rpc) => middlewaresOf(rpc).map(({ key }) => [key, `the middleware ${key}`] as const))
  ])
  const missing = Array.from(needed).filter(([key]) => !context.unsafeMap.has(key))
  return missing.length === 0
    ? RpcMetrics.serverLayer(group)
    : Layer.fail(
        new OptionsError({
          option: "Server.layer rpcGroups",
          given: `a group whose handlers or middlewares are not there: ${missing.map(([, name]) => name).join(", ")}`,
          expected: "groups whose handlers and middlewares the layer is provided with",
          fix: "Provide Server.layer with the layers of the handlers and middlewares, or leave the group out"
        })
      )
}

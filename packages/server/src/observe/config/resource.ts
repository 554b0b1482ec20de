/** Who reports: service, instance, host, process and runtime, as OpenTelemetry's semantic conventions name them. */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as GlobalValue from "effect/GlobalValue"
import * as Option from "effect/Option"
import * as Record from "effect/Record"
import * as Crypto from "node:crypto"
import * as Os from "node:os"
import { pairs, text } from "./format.ts"
import type { GivenAttributes, ResourceAttributes, TelemetryOptions } from "./options.ts"
import { ownScope } from "../collect/scope.ts"
import { OptionsError } from "../instrument/options-error.ts"
import { soundAttributes } from "./sound-attributes.ts"
import { variable } from "./variable.ts"

/**
 * The attributes of the resource. Options win over `OTEL_SERVICE_NAME`, that over `OTEL_RESOURCE_ATTRIBUTES`, those
 * over what is found out. What the data model does not have is left out, with a warning. `service.instance.id` is made
 * once for a process, so that two runners are never one stream.
 */
export const resourceAttributes = (
  options: Pick<TelemetryOptions, "serviceName" | "serviceVersion" | "resource">
): Effect.Effect<ResourceAttributes, OptionsError> =>
  Effect.gen(function* () {
    const given = yield* variable(["OTEL_RESOURCE_ATTRIBUTES"], pairs)
    const name = yield* variable(["OTEL_SERVICE_NAME"], text)
    const version = yield* variable(["npm_package_version"], text)
    yield* checkKeys("OTEL_RESOURCE_ATTRIBUTES", given?.value)
    const resource = defined(options.resource)
    yield* checkKeys("resource of Telemetry.layer", resource)
    return yield* soundAttributes({
      ...found(),
      ...(version === undefined ? {} : { "service.version": version.value }),
      ...(yield* runnerAddress),
      ...given?.value,
      ...(name === undefined ? {} : { "service.name": name.value }),
      ...(options.serviceName === undefined ? {} : { "service.name": options.serviceName }),
      ...(options.serviceVersion === undefined ? {} : { "service.version": options.serviceVersion }),
      ...resource
    })
  })

const defined = (given: GivenAttributes = {}): ResourceAttributes =>
  Record.filterMap(given, (value) => Option.fromNullable(value))

// The resource of OpenTelemetry keeps its attributes in an object that has these keys already, and loses ours.
const checkKeys = (option: string, attributes: ResourceAttributes = {}): Effect.Effect<void, OptionsError> => {
  const taken = Object.keys(attributes).find((key) => key in Object.prototype)
  return taken === undefined
    ? Effect.void
    : OptionsError.of({
        option,
        given: `the key "${taken}"`,
        expected: "keys that not every object of JavaScript has"
      })
}

const found = (): ResourceAttributes => ({
  "service.name": "unknown_service:node",
  "service.instance.id": instanceId,
  "telemetry.sdk.name": ownScope.name,
  "telemetry.sdk.language": "nodejs",
  "telemetry.sdk.version": ownScope.version,
  "host.name": Os.hostname(),
  "host.arch": process.arch === "x64" ? "amd64" : process.arch,
  "os.type": process.platform === "win32" ? "windows" : process.platform,
  "process.pid": process.pid,
  "process.executable.name": "node",
  "process.executable.path": process.execPath,
  "process.runtime.name": "nodejs",
  "process.runtime.version": process.versions.node
})

const instanceId = GlobalValue.globalValue(Symbol.for("@parametric-portal/server/instance"), () => Crypto.randomUUID())

/** What we read of the cluster's `ShardingConfig`, which is found by the name of its tag: nothing is imported. */
interface RunnerConfig {
  readonly runnerAddress: Option.Option<{ readonly host: string; readonly port: number }>
}

const ShardingConfig = Context.GenericTag<RunnerConfig>("@effect/cluster/ShardingConfig")

const runnerAddress: Effect.Effect<ResourceAttributes> = Effect.map(Effect.serviceOption(ShardingConfig), (config) =>
  Option.match(
    Option.flatMap(config, (it) => it.runnerAddress),
    {
      onNone: () => ({}),
      onSome: ({ host, port }) => ({ "effect.cluster.runner.address": `${host}:${port}` })
    }
  )
)

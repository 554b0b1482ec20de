/**
 * The services that are alive in a process, by where they were built. One value of a layer is built once; two calls of
 * `layer`, or `Layer.fresh`, make two services, and what one of them counts may never be exported.
 */
import * as Effect from "effect/Effect"
import * as GlobalValue from "effect/GlobalValue"
import type * as Scope from "effect/Scope"
import type { Meter } from "./meter.ts"

/** One service that is alive. */
interface Instance {
  readonly meter: Meter
  readonly site: string
  /** A registry of its own is what was asked for, as in tests. */
  readonly isApart: boolean
  /** Where a service of another registry was built that telemetry exports meanwhile. */
  exported: string | undefined
}

/** Notes a service until the scope closes. A second one over the same registry is warned of, once. */
export const noteInstance = (given: Omit<Instance, "exported">): Effect.Effect<void, never, Scope.Scope> =>
  Effect.asVoid(
    Effect.acquireRelease(
      Effect.sync(() => {
        const { meter, site } = given
        const instance: Instance = { ...given, exported: undefined }
        const other = instanceOf(meter)
        if (other !== undefined) {
          meter.warnOnce(
            "two services",
            `Two layers of MetricsService are alive over one registry: ${other.site}, and ${site}. ` +
              "Build one layer, and provide that one value to telemetry and to all code",
            {}
          )
        }
        alive.instances.add(instance)
        alive.exported.forEach((exported) => exportsElsewhere(instance, exported))
        return instance
      }),
      (instance) =>
        Effect.sync(() => {
          alive.instances.delete(instance)
          warnOfUnread(instance)
        })
    )
  )

/** Notes that the service of a meter is exported until the scope closes. */
export const noteExported = (meter: Meter): Effect.Effect<void, never, Scope.Scope> =>
  Effect.asVoid(
    Effect.acquireRelease(
      Effect.sync(() => {
        const exported = { meter }
        alive.exported.add(exported)
        alive.instances.forEach((instance) => exportsElsewhere(instance, exported))
        return exported
      }),
      (exported) => Effect.sync(() => alive.exported.delete(exported))
    )
  )

const exportsElsewhere = (instance: Instance, { meter }: Exported): void => {
  if (instance.meter !== meter) {
    instance.exported ??= instanceOf(meter)?.site
  }
}

const warnOfUnread = ({ exported, isApart, meter, site }: Instance): void => {
  if (exported !== undefined && !isApart && !meter.isRead && meter.hasRecorded()) {
    meter.warnOnce(
      "not exported",
      `Telemetry was given one MetricsService and code another, whose numbers nobody read: ${exported} is exported, ` +
        `and ${site} is not. Build one layer, and provide that one value to telemetry and to all code`,
      {}
    )
  }
}

const instanceOf = (meter: Meter): Instance | undefined =>
  Array.from(alive.instances).find((instance) => instance.meter === meter)

interface Exported {
  readonly meter: Meter
}

const alive = GlobalValue.globalValue(Symbol.for("@parametric-portal/server/instances"), () => ({
  instances: new Set<Instance>(),
  exported: new Set<Exported>()
}))

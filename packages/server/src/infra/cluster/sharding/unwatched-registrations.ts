/** Warns of entities and singletons that are registered on an undecorated `Sharding`, and so are not counted. */
import type { Sharding } from "@effect/cluster/Sharding"
import type { ShardingRegistrationEvent } from "@effect/cluster/ShardingRegistrationEvent"
import * as Effect from "effect/Effect"
import * as GlobalValue from "effect/GlobalValue"
import * as Predicate from "effect/Predicate"
import type { Scope } from "effect/Scope"
import * as Stream from "effect/Stream"
import type { Meter } from "../../../observe/instrument/meter.ts"
import { ownPrefix } from "../options.ts"

/** How a registered entity type is named in a warning. */
export const entityName = (type: string): string => `entity type "${type}"`

/** How a registered singleton is named in a warning. */
export const singletonName = (name: string): string => `singleton "${name}"`

/** The names that were registered through any decorator of this `Sharding`. */
export const watchedRegistrations = (sharding: Sharding["Type"]): Set<string> => {
  const known = watchedBySharding.get(sharding) ?? new Set()
  watchedBySharding.set(sharding, known)
  return known
}

/** Warns once of each name that is registered on this `Sharding` and is not in `watched`. */
export const warnOfUnwatched = (
  sharding: Sharding["Type"],
  { meter, watched }: { readonly meter: Meter; readonly watched: ReadonlySet<string> }
): Effect.Effect<void, never, Scope> =>
  // The sharding of a test client has no events.
  Predicate.hasProperty(sharding, "getRegistrationEvents")
    ? Effect.zipRight(
        Effect.forkScoped(
          Stream.runForEach(sharding.getRegistrationEvents, (event) =>
            Effect.sync(() => {
              const name = nameOf(event)
              if (!watched.has(name) && !isInternal(name)) {
                warn(meter, name)
              }
            })
          )
        ),
        // Lets the subscription start before more is registered.
        Effect.yieldNow()
      )
    : Effect.void

const warn = (meter: Meter, name: string): void =>
  meter.warnOnce(
    `unwatched ${name}`,
    `The ${name} is registered on a Sharding without metrics, and is not counted: ` +
      "provide its layer with the Sharding of ClusterMetrics.layer",
    {}
  )

const isInternal = (name: string): boolean => name.includes("effect/cluster/") || name.includes(ownPrefix)

const nameOf = (event: ShardingRegistrationEvent): string =>
  event._tag === "EntityRegistered" ? entityName(event.entity.type) : singletonName(event.address.name)

const watchedBySharding = GlobalValue.globalValue(
  Symbol.for("@parametric-portal/server/watchedRegistrations"),
  () => new WeakMap<Sharding["Type"], Set<string>>()
)

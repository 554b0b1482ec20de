/** Decorates a service at most once. Decorated twice, it would count everything twice. */
import * as GlobalValue from "effect/GlobalValue"
import type { Meter } from "../../observe/instrument/meter.ts"

/** The decorated service. A service that is decorated already is returned as it is, with one warning in the log. */
export const decorateOnce = <Service extends object>(
  name: string,
  service: Service,
  { decorate, meter }: { readonly meter: Meter; readonly decorate: (service: Service) => Service }
): Service => {
  if (decorated.has(service)) {
    meter.warnOnce(
      `twice ${name}`,
      `The metrics of ${name} are provided twice: the second layer changes nothing, and its options are ignored`,
      {}
    )
    return service
  }
  const made = decorate(service)
  decorated.add(made)
  return made
}

/** Tells of a part of a decorated service that can stand for it, a copy for example, that it is decorated too. */
export const markDecorated = (service: object): void => void decorated.add(service)

const decorated = GlobalValue.globalValue(
  Symbol.for("@parametric-portal/server/decorated"),
  () => new WeakSet<object>()
)

/** A service is decorated at most once: a second time would count everything twice. */
import * as GlobalValue from "effect/GlobalValue"
import type { Meter } from "../../observe/instrument/meter.ts"

/** The decorated service; the given one, with one warning, when it is decorated already. */
export const once = <Service extends object>(
  name: string,
  service: Service,
  { decorate, meter }: { readonly meter: Meter; readonly decorate: (service: Service) => Service }
): Service => {
  if (decorated.has(service)) {
    meter.warnOnce(
      `twice ${name}`,
      `The metrics of ${name} are provided twice; the second time changes nothing, and its options are not used`,
      {}
    )
    return service
  }
  const made = decorate(service)
  decorated.add(made)
  return made
}

const decorated = GlobalValue.globalValue(
  Symbol.for("@parametric-portal/server/decorated"),
  () => new WeakSet<object>()
)

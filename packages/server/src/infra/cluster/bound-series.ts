/** Series that a hot path binds once, and binds again after series were removed. */
import { Bindings } from "../../observe/instrument/bindings.ts"
import type { Ambient } from "../../observe/instrument/label.ts"
import type { Meter } from "../../observe/instrument/meter.ts"

const noAmbient: Ambient = []

/** What `make` binds: made now, so that the series are there at 0, and made again after a removal of series. */
export const bound = <A>(meter: Meter, make: () => A): (() => A) => {
  const bindings = new Bindings<A>(meter)
  const current = (): A => {
    const branch = bindings.under(noAmbient)
    branch.bound ??= make()
    return branch.bound
  }
  current()
  return current
}

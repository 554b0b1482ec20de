/**
 * Growth that misses nothing: `increase` sees a series only from its second sample on, so the first failure with a new
 * reason, or the first redelivery ever, would be lost.
 */
import { catalogue } from "@parametric-portal/server/observe/catalogue"
import { type Counters, gauge, type Range, type TargetLabel } from "./select.ts"
import type { Vector } from "./vector.ts"

/**
 * How much a counter grew over the range. A series that was not there at its start, while its process was already seen,
 * began at zero within the range: its whole value is growth. A process that was not yet seen may be as old as it likes
 * (Prometheus itself may be what is new), so there `increase` is all that is known.
 */
export const grown = <L extends string>(counters: Counters<L | TargetLabel>, range: Range): Vector<L | TargetLabel> =>
  counters
    .unless(counters.offset(range))
    .andOn(["job", "instance"], gauge(catalogue.telemetry.series).offset(range))
    .or(counters.increase(range))

/**
 * Growth that includes the first event of a series. `increase` sees a series only from its second sample on, so it would
 * miss the first failure with a new reason.
 */
import { catalogue } from "@parametric-portal/server/observe/catalogue"
import { type Counters, gauge, type Range, type TargetLabel } from "./select.ts"
import type { Vector } from "./vector.ts"

/**
 * How much a counter grew over the range. If a series did not exist at the start of the range but its process did, the
 * series began at 0 within the range, and its whole value is growth. If the process was not there either, it may be of
 * any age (Prometheus itself may be new), so only `increase` is known.
 */
export const grown = <L extends string>(counters: Counters<L | TargetLabel>, range: Range): Vector<L | TargetLabel> =>
  counters
    .unless(counters.offset(range))
    .andOn(["job", "instance"], gauge(catalogue.telemetry.series).offset(range))
    .or(counters.increase(range))

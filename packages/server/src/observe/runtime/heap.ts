/** V8's heap by space, its limit, and the memory outside of it. */
import { getHeapSpaceStatistics, getHeapStatistics, type HeapSpaceInfo } from "node:v8"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import { observeToTheEnd } from "../instrument/sampler.ts"
import { observeValue, type Recorded } from "./recorded.ts"

/** Observes the heap. */
export const observeHeap = ({ meter, runtime }: Recorded): Effect.Effect<void, never, Scope.Scope> =>
  Effect.gen(function* () {
    const spaces = [
      [runtime.heapUsed, "space_used_size"],
      [runtime.heapSize, "space_size"],
      [runtime.heapAvailable, "space_available_size"],
      [runtime.heapPhysical, "physical_space_size"]
    ] as const satisfies ReadonlyArray<readonly [unknown, keyof HeapSpaceInfo]>
    for (const [gauge, part] of spaces) {
      yield* observeToTheEnd(meter, gauge, () =>
        getHeapSpaceStatistics().map((space) => ({
          labels: { v8js_heap_space_name: space.space_name },
          value: space[part]
        }))
      )
    }
    yield* observeValue(meter, runtime.heapLimit, () => getHeapStatistics().heap_size_limit)
    yield* observeValue(meter, runtime.externalMemory, () => getHeapStatistics().external_memory)
  })

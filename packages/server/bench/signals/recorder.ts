/** Records in bursts of what a queue takes, each of which has arrived before the next one begins. */
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as ManagedRuntime from "effect/ManagedRuntime"
import { claim, median, of, type Result, type Samples } from "../harness.ts"
import { type Exporting, queue } from "./exporting.ts"
import type { Collector } from "./start-collector.ts"

/** Enough for a call to have its share of garbage collection. */
const bursts = 4

/** Calls before the first that counts. Each exports 16 batches, and what is done once for a batch is slow for hundreds. */
export const warmups = 40

/** How many spans or lines are recorded in one call. */
export const recordsPerCall = bursts * queue.size

/** Effects with a tracer or a logger, and what they record, awaited where it is exported. */
export interface Recorder {
  readonly name: string
  readonly runtime: ManagedRuntime.ManagedRuntime<never, unknown>
  /** Every burst has to record as much as the queue takes; it is given the number of the first. */
  readonly inBursts: (burst: (from: number) => void | Promise<void>) => Promise<void>
  readonly end: () => Promise<void>
}

/** Builds the layers, so that effects can be run at once. */
export const makeRecorder = async ({ layer, name, path }: Exporting, collector: Collector): Promise<Recorder> => {
  const runtime = ManagedRuntime.make(Layer.provideMerge(layer, Logger.remove(Logger.defaultLogger)))
  await runtime.runtime()
  let recorded = 0
  return {
    name,
    runtime,
    inBursts: async (burst) => {
      for (let from = 0; from < recordsPerCall; from += queue.size) {
        await burst(from)
        recorded += queue.size
        if (path !== undefined) {
          claim(`${name}: arrived`, await collector.received(path, recorded), recorded)
        }
      }
    },
    end: () => runtime.dispose()
  }
}

/** The medians for one span or one line. */
export const perRecord = (prefix: string, samples: Samples): ReadonlyArray<Result> =>
  Array.from(samples.keys(), (name) => {
    const values = of(samples, name)
    return { name: `${prefix}.${name}`, value: median(values) / recordsPerCall, unit: "ns", samples: values.length }
  })

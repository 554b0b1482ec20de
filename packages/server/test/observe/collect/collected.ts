/** A registry that tests fill as a program would, and what a collector makes of it. */
import * as MetricKey from "effect/MetricKey"
import type * as MetricKeyType from "effect/MetricKeyType"
import * as MetricLabel from "effect/MetricLabel"
import type * as MetricRegistry from "effect/MetricRegistry"
import { makeCollector } from "../../../src/observe/collect/registries.ts"
import type { Drop } from "../../../src/observe/collect/points/drop.ts"

/** A key with labels, in the order given. A program in JavaScript may give anything for a text. */
export const tagged = <T extends MetricKeyType.MetricKeyType.Untyped>(
  key: MetricKey.MetricKey<T>,
  ...tags: ReadonlyArray<readonly [key: unknown, value: unknown]>
): MetricKey.MetricKey<T> =>
  MetricKey.taggedWithLabels(
    key,
    tags.map(([name, value]) => MetricLabel.make(name as string, value as string))
  )

/** A collector of registries, with what it dropped. */
export const collectorOf = (...registries: ReadonlyArray<MetricRegistry.MetricRegistry>) => {
  const drops: Array<Drop> = []
  const collector = makeCollector({ registries, externalStartNanos: 0n, dropped: (drop) => drops.push(drop) })
  return {
    drops,
    points: () => Array.from(collector.collect(1n)).filter((step) => step !== undefined),
    /** Name, attributes and value of each point, sorted by name. */
    values: () =>
      Array.from(collector.collect(1n))
        .filter((step) => step !== undefined)
        .map(({ metric, series, value }) => [metric.name, series.attributes, value] as const)
        .sort(([one], [other]) => (one < other ? -1 : 1))
  }
}

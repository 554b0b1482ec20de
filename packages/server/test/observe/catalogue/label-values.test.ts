/**
 * The closed sets of label values are those that the library records, and belong to labels that the catalogue declares.
 */
import { describe, expect, expectTypeOf, it } from "@effect/vitest"
import type { Priority } from "../../../src/infra/jobs/definition/priority.ts"
import {
  catalogue,
  type clusterOperations,
  type dropReasons,
  type failedOutcomes,
  type jobOperations,
  labelValues,
  type priorities,
  type Row
} from "../../../src/observe/catalogue.ts"
import type { DropReason } from "../../../src/observe/collect/points/drop.ts"
import type { ClusterOperation, FailedOutcome, JobOperation } from "../../../src/observe/metrics.ts"

describe("the closed sets of label values", () => {
  it("are the values that the types of the library allow", () => {
    expectTypeOf<(typeof jobOperations)[number]>().toEqualTypeOf<JobOperation>()
    expectTypeOf<(typeof clusterOperations)[number]>().toEqualTypeOf<ClusterOperation>()
    expectTypeOf<(typeof priorities)[number]>().toEqualTypeOf<Priority>()
    expectTypeOf<(typeof failedOutcomes)[number]>().toEqualTypeOf<FailedOutcome>()
    expectTypeOf<DropReason>().toExtend<(typeof dropReasons)[number]>()
    expect(Object.keys(labelValues)).toEqual(["jobs", "cluster"])
  })

  it("belong to labels of their namespace that no row closes", () => {
    const rowsOf = (namespace: keyof typeof labelValues): ReadonlyArray<Row> => Object.values(catalogue[namespace])
    const labelled = (namespace: keyof typeof labelValues) =>
      Object.keys(labelValues[namespace]).map((label) => {
        const rows = rowsOf(namespace).filter(({ labels }) => labels.includes(label))
        return {
          label,
          isDeclared: rows.length > 0,
          isClosed: rows.some(({ closed }) => closed?.[label] !== undefined)
        }
      })
    expect([...labelled("jobs"), ...labelled("cluster")]).toEqual([
      { label: "operation", isDeclared: true, isClosed: false },
      { label: "priority", isDeclared: true, isClosed: false },
      { label: "operation", isDeclared: true, isClosed: false },
      { label: "storage_operation", isDeclared: true, isClosed: false }
    ])
  })

  it("hold each value once", () => {
    const lists = Object.values(labelValues).flatMap((labels): ReadonlyArray<ReadonlyArray<string>> =>
      Object.values(labels)
    )
    expect(lists.map((values) => new Set(values).size)).toEqual(lists.map((values) => values.length))
  })
})

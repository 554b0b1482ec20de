import { catalogue } from "@parametric-portal/server/observe/catalogue"
import { describe, expect, it } from "vitest"
import { isShared } from "../../src/live/shared-metric.ts"

describe("a shared metric", () => {
  it("is one that the catalogue gives the scope of the cluster, and no other", () => {
    const { enqueued, queueDepth, slots } = catalogue.jobs
    expect([queueDepth.name, enqueued.name, slots.name, "constructor"].map(isShared)).toEqual([
      true,
      false,
      false,
      false
    ])
  })
})

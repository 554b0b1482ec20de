/** What was bound is found again, is bounded, and is forgotten when series are removed. */
import { describe, expect, it } from "@effect/vitest"
import * as MetricLabel from "effect/MetricLabel"
import { Bindings } from "../../../src/observe/instrument/bindings.ts"

const tagged = [MetricLabel.make("region", "eu")]

describe("bindings", () => {
  it("find what was bound for the same values, under the same ambient labels", () => {
    const bindings = new Bindings<string>({ epoch: 0 })
    const at = (ambient: typeof tagged, ...values: ReadonlyArray<string | undefined>) =>
      values.reduce((branch, value) => branch.at(value), bindings.under(ambient))
    at([], "digest", undefined).bound = "plain"
    at(tagged, "digest", undefined).bound = "tagged"
    expect([at([], "digest", undefined), at(tagged, "digest", undefined)].map(({ bound }) => bound)).toEqual([
      "plain",
      "tagged"
    ])
    expect(
      [at([], "digest"), at([], "digest", "undefined"), at([], "parse", undefined)].map(({ bound }) => bound)
    ).toEqual([undefined, undefined, undefined])
    // Other labels that are equal are not the same: what Effect keeps stable is the list.
    expect(
      bindings
        .under([...tagged])
        .at("digest")
        .at(undefined).bound
    ).toBe(undefined)
  })

  it("forget everything when series were removed", () => {
    const meter = { epoch: 0 }
    const bindings = new Bindings<string>(meter)
    for (const ambient of [[], tagged]) {
      bindings.under(ambient).at("digest").bound = "before"
    }
    meter.epoch += 1
    expect([[], tagged].map((ambient) => bindings.under(ambient).at("digest").bound)).toEqual([undefined, undefined])
  })

  it("keep as many values as a metric has series, and none that is too long for a label", () => {
    const root = new Bindings<number>({ epoch: 0 }).under([])
    root.at("x".repeat(121)).bound = -1
    for (let index = 0; index < 2_010; index++) {
      root.at(`value ${index}`).bound = index
    }
    const kept = Array.from({ length: 2_010 }, (_, index) => root.at(`value ${index}`).bound)
    expect(kept.filter((bound) => bound !== undefined)).toEqual(Array.from({ length: 2_000 }, (_, index) => index))
    expect(root.at("x".repeat(121)).bound).toBe(undefined)
  })
})

import { describe, expect, it } from "@effect/vitest"
import * as Cause from "effect/Cause"
import * as Data from "effect/Data"
import * as Exit from "effect/Exit"
import * as FastCheck from "effect/FastCheck"
import * as FiberId from "effect/FiberId"
import { clusterErrorType, defectReason, errorTag, failureReason } from "../../../src/observe/catalogue/error-name.ts"
import { ofCause, ofExit } from "../../../src/observe/track/outcome-of.ts"

class Tagged extends Data.TaggedError("Tagged")<{ readonly reason?: string }> {}
class Custom extends Error {}
class Plain {}

const hostile = new Proxy(
  {},
  {
    get: () => {
      throw new Error("not readable")
    },
    has: () => {
      throw new Error("not readable")
    }
  }
)

describe("the name of an error", () => {
  it.each([
    ["a tagged error", new Tagged({}), "Tagged"],
    ["an error of a class", new Custom("x"), "Custom"],
    ["a plain object", {}, "Unknown"],
    ["a string", "boom", "Unknown"],
    ["nothing", undefined, "Unknown"],
    ["null", null, "Unknown"],
    ["an empty tag", { _tag: "" }, "Unknown"],
    ["a tag that is no string", { _tag: 1 }, "Unknown"],
    ["something unreadable", hostile, "Unknown"]
  ])("errorTag of %s", (_name, error, expected) => {
    expect(errorTag(error)).toBe(expected)
  })

  it.each([
    ["a reason", new Tagged({ reason: "Malformed" }), "Malformed"],
    ["a reason that is no string", { _tag: "T", reason: 3 }, "T"],
    ["a tag", new Tagged({}), "Tagged"],
    ["an error of a class", new Custom("x"), "Custom"],
    ["an object of a class", new Plain(), "Plain"],
    ["a string", "boom", "String"],
    ["null", null, "Unknown"],
    ["an object without prototype", Object.create(null), "Unknown"],
    ["something unreadable", hostile, "Unknown"]
  ])("failureReason of %s", (_name, error, expected) => {
    expect(failureReason(error)).toBe(expected)
  })

  it.each([
    ["an error of a class", new TypeError("x"), "TypeError"],
    ["a string", "boom", "Defect"],
    ["undefined", undefined, "Defect"],
    ["something unreadable", hostile, "Defect"]
  ])("defectReason of %s", (_name, defect, expected) => {
    expect(defectReason(defect)).toBe(expected)
  })

  it("clusterErrorType falls back to the name of what came over the wire as a plain Error", () => {
    const overTheWire = Object.assign(new Error("full"), { name: "MailboxFull" })
    expect([
      clusterErrorType(overTheWire),
      clusterErrorType(new Tagged({})),
      clusterErrorType({ reason: "Full" })
    ]).toEqual(["MailboxFull", "Tagged", "Full"])
  })
})

describe("the one outcome", () => {
  const anyCause: FastCheck.Arbitrary<Cause.Cause<string>> = FastCheck.letrec<{ cause: Cause.Cause<string> }>(
    (tie) => ({
      cause: FastCheck.oneof(
        { maxDepth: 4 },
        FastCheck.constant(Cause.empty),
        FastCheck.constant(Cause.fail("failed")),
        FastCheck.constant(Cause.die(new TypeError("died"))),
        FastCheck.constant(Cause.interrupt(FiberId.none)),
        FastCheck.tuple(tie("cause"), tie("cause")).map(([left, right]) => Cause.sequential(left, right)),
        FastCheck.tuple(tie("cause"), tie("cause")).map(([left, right]) => Cause.parallel(left, right))
      )
    })
  ).cause

  it.prop(
    "is a failure if there is one, else a defect if there is one, else an interruption",
    [anyCause],
    ([cause]) => {
      const expected = Cause.isFailure(cause) ? "failure" : Cause.isDie(cause) ? "defect" : "interrupted"
      expect(ofCause(cause)._tag).toBe(expected)
      expect(ofExit(Exit.failCause(cause))._tag).toBe(expected)
    }
  )

  it("is a success for a success", () => {
    expect(ofExit(Exit.succeed(1))).toEqual({ _tag: "success" })
  })
})

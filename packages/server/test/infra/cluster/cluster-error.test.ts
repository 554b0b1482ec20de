import * as Errors from "@effect/cluster/ClusterError"
import { EntityAddress } from "@effect/cluster/EntityAddress"
import { make as entityId } from "@effect/cluster/EntityId"
import { EntityType } from "@effect/cluster/EntityType"
import { RunnerAddress } from "@effect/cluster/RunnerAddress"
import { make as shardId } from "@effect/cluster/ShardId"
import { Snowflake } from "@effect/cluster/Snowflake"
import { RpcClientError } from "@effect/rpc/RpcClientError"
import { Suspended } from "@effect/workflow/Workflow"
import { Cause, ParseResult, Schema } from "effect"
import { describe, expect, it } from "vitest"
import { ClusterError, clusterErrorReasons, ClusterService } from "../../../src/infra/cluster.ts"

const runner = new RunnerAddress({ host: "localhost", port: 1 })
const address = new EntityAddress({
  shardId: shardId("default", 1),
  entityType: EntityType.make("Counter"),
  entityId: entityId("one")
})

const classes = {
  AlreadyProcessingMessage: new Errors.AlreadyProcessingMessage({ address, envelopeId: Snowflake(1n) }),
  EntityNotAssignedToRunner: new Errors.EntityNotAssignedToRunner({ address }),
  MailboxFull: new Errors.MailboxFull({ address }),
  MalformedMessage: new Errors.MalformedMessage({ cause: "x" }),
  PersistenceError: new Errors.PersistenceError({ cause: new Error("disk full") }),
  RpcClientError: new RpcClientError({ reason: "Protocol", message: "closed" }),
  RunnerNotRegistered: new Errors.RunnerNotRegistered({ address: runner }),
  RunnerUnavailable: new Errors.RunnerUnavailable({ address: runner }),
  SendTimeout: new Cause.TimeoutException("too long"),
  SerializationError: new ParseResult.ParseError({ issue: new ParseResult.Type(Schema.String.ast, 1) }),
  Suspended: new Suspended({})
} as const

const overTheWire = (error: unknown): unknown =>
  Schema.decodeUnknownSync(Schema.Defect)(JSON.parse(JSON.stringify(Schema.encodeUnknownSync(Schema.Defect)(error))))

describe("ClusterError", () => {
  it("has a reason for every error class of the cluster, and the list of reasons is complete", () => {
    expect(
      Object.fromEntries(Object.entries(classes).map(([name, error]) => [name, ClusterError.reasonOf(error)]))
    ).toEqual(Object.fromEntries(clusterErrorReasons.map((reason) => [reason, reason])))
    const exported = Object.keys(Errors).filter((name) => name !== "TypeId")
    expect(exported.filter((name) => !clusterErrorReasons.some((reason) => reason === name))).toEqual([])
  })

  it("knows them when only their name survived the wire", () => {
    const { Suspended: _, ...errors } = classes
    for (const [name, error] of Object.entries(errors)) {
      const arrived = overTheWire(error)
      expect(arrived).not.toHaveProperty("_tag")
      expect([name, ClusterError.reasonOf(arrived), ClusterService.errorTag(arrived)]).toEqual([
        name,
        ClusterError.reasonOf(error),
        ClusterError.reasonOf(error)
      ])
    }
  })

  it("keeps the error as its cause and says both in its message", () => {
    const error = ClusterError.from(classes.RunnerUnavailable)
    expect([error?._tag, error?.reason, error?.cause]).toEqual([
      "ClusterError",
      "RunnerUnavailable",
      classes.RunnerUnavailable
    ])
    expect(ClusterError.from(new Cause.TimeoutException("too long"))?.message).toBe("SendTimeout: too long")
  })

  it("has no reason for a handler's own failure, whose tag is its name", () => {
    const odd = new Proxy(
      {},
      {
        get: () => {
          throw new Error("no")
        }
      }
    )
    for (const error of [{ _tag: "OutOfStock" }, new TypeError("x"), "gone", undefined, null, 7, odd]) {
      expect(ClusterError.from(error)).toBeUndefined()
    }
    expect([{ _tag: "OutOfStock" }, new TypeError("x"), undefined].map(ClusterService.errorTag)).toEqual([
      "OutOfStock",
      "TypeError",
      "Unknown"
    ])
  })
})

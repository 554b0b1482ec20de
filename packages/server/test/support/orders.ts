/**
 * The entity of the tests with real runners, and the ground truth that its handlers write: a row when a message reaches a
 * handler, a row when the handler has done its work, each with the runner and the export that was to come next.
 */
import * as ClusterSchema from "@effect/cluster/ClusterSchema"
import * as Entity from "@effect/cluster/Entity"
import * as Rpc from "@effect/rpc/Rpc"
import { SqlClient } from "@effect/sql"
import { Effect, Schema } from "effect"

export const Order = Entity.make("Order", [
  Rpc.make("Process", {
    payload: { n: Schema.Number },
    success: Schema.Number,
    primaryKey: ({ n }) => String(n)
  })
    .annotate(ClusterSchema.Persisted, true)
    // A runner that stops interrupts the calls that it had, and each of those would take its message back for good.
    .annotate(ClusterSchema.Uninterruptible, "client")
])

/** Settings of all runners of a test: quick to notice a lost runner, and shared with the parent. */
export const shards = 60

export const timing = {
  shardsPerGroup: shards,
  shardLockRefreshInterval: "6 seconds",
  shardLockExpiration: "30 seconds",
  runnerHealthCheckInterval: "2 seconds",
  refreshAssignmentsInterval: "1 second",
  entityMessagePollInterval: "1 second",
  entityTerminationTimeout: "5 seconds"
} as const

/** What the connections of a runner are called in the database. */
export const applicationName = (index: number): string => `runner-${index}`

export const createTables = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  yield* sql`CREATE TABLE IF NOT EXISTS arrived (n INT NOT NULL, runner INT NOT NULL, export INT NOT NULL)`
  yield* sql`CREATE TABLE IF NOT EXISTS done (n INT NOT NULL, runner INT NOT NULL, export INT NOT NULL)`
})

/** What a runner tells its parent. */
export interface Export {
  readonly seq: number
  readonly isFinal: boolean
  readonly snapshot: Readonly<Record<string, number | { readonly count: number }>>
}

/** Handlers that begin after this many wait until they are told a larger number. */
interface HoldAfter {
  readonly _tag: "HoldAfter"
  readonly handlers: number
}

/** What a parent tells a runner. */
export type Command = { readonly _tag: "Acknowledged"; readonly seq: number } | HoldAfter

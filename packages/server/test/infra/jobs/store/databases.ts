/** The tables of jobs on each database, one after the other: the same promises on both. */
import { describe, it } from "@effect/vitest"
import * as SqlClient from "@effect/sql/SqlClient"
import * as SqliteClient from "@effect/sql-sqlite-node/SqliteClient"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as TestServices from "effect/TestServices"
import { JobStore } from "../../../../src/infra/jobs/store.ts"
import type { ClaimRequest, Fence, HeldJob, NewJob } from "../../../../src/infra/jobs/store/operations.ts"
import { Postgres } from "../../../support/postgres.ts"

/** What is promised of the tables, by its sentence. */
export type Promises = Record<string, Effect.Effect<void, unknown, JobStore | SqlClient.SqlClient>>

export const sqlite = Layer.orDie(SqliteClient.layer({ filename: ":memory:" }))

export const storeOver = <E, R>(database: Layer.Layer<SqlClient.SqlClient, E, R>) =>
  JobStore.layer().pipe(Layer.provideMerge(database), Layer.orDie)

/** Tests each promise on SQLite and on PostgreSQL, with tables of its own. */
export const onBoth = (name: string, promises: Promises): void => {
  describe("on SQLite", () => {
    for (const [title, promise] of Object.entries(promises)) {
      // oxlint-disable-next-line rooms/expects -- each of the promises expects
      it.effect(title, () => promise.pipe(Effect.provide(storeOver(sqlite)), TestServices.provideLive))
    }
  })
  it.layer(Postgres.layer, { timeout: "1 minute" })("on PostgreSQL", (it) => {
    for (const [index, [title, promise]] of Object.entries(promises).entries()) {
      // oxlint-disable-next-line rooms/expects -- each of the promises expects
      it.effect(title, () =>
        promise.pipe(Effect.provide(storeOver(Postgres.client(`${name}_${index}`))), TestServices.provideLive)
      )
    }
  })
}

export const outside = { isInTransaction: false, hint: false } as const
export const inside = { isInTransaction: true, hint: false } as const

export const jobOf = (id: string, more: Partial<NewJob> = {}): NewJob => ({
  id,
  type: "t",
  partition: 0,
  priority: "normal",
  payload: "1",
  isLimited: false,
  ...more
})

/** Accepts jobs, outside of a transaction. */
export const accept = (...jobs: ReadonlyArray<NewJob>) =>
  Effect.flatMap(JobStore, ({ insert }) => insert(jobs, outside))

export const lease = 10_000

export const requestOf = (more: Partial<ClaimRequest> = {}): ClaimRequest => ({
  runnerId: "me",
  leaseMs: lease,
  partitions: 64,
  owned: undefined,
  types: [{ type: "t", most: 100, startNow: 0 }],
  most: 100,
  ...more
})

/** Begins the life of a runner. */
export const live = (id = "me") => Effect.flatMap(JobStore, ({ begin }) => begin({ id, name: id }))

/** Claims what there is, in the order in which it is to run. */
export const claimAll = (more: Partial<ClaimRequest> = {}) =>
  Effect.flatMap(JobStore, ({ claim }) => Effect.map(claim(requestOf(more)), ({ jobs }) => jobs))

/** Claims one job and starts it. */
export const startOne = (runnerId = "me") =>
  Effect.flatMap(claimAll({ runnerId, most: 1, types: [{ type: "t", most: 1, startNow: 1 }] }), ([job]) =>
    job === undefined ? Effect.dieMessage("nothing to claim") : Effect.succeed(job)
  )

export const fenceOf = ({ id, run }: HeldJob): Fence => ({ id, run })

export const failure = { reason: "r", message: "m" } as const

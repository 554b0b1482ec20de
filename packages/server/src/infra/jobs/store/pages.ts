/** Pages of jobs by state and type, in the order in which live ones are due and finished ones finished, or its reverse. */
import type * as Statement from "@effect/sql/Statement"
import type { SqlError } from "@effect/sql/SqlError"
import * as Effect from "effect/Effect"
import { priorities } from "../../../observe/catalogue.ts"
import { rowsOf, typesOf } from "./by-type.ts"
import { states } from "./dialect.ts"
import type { JobStatus, PageRequest, ReadOperations } from "./operations.ts"
import { heldJobs, statusColumns, statusesOf } from "./reads.ts"
import type { StatusRow } from "./rows.ts"
import type { Session } from "./session.ts"

/** This read over open tables. */
export const pages = (session: Session): Pick<ReadOperations, "page"> => ({
  page: (request) => session.ours(page(session, request))
})

const page = (session: Session, request: PageRequest): Effect.Effect<ReadonlyArray<JobStatus>, SqlError> => {
  const placeOf = ({ due_at: dueAt, finished_at: finishedAt }: StatusRow) => finishedAt ?? dueAt
  return selections(session, request).pipe(
    Effect.flatMap((parts) => rowsOf<StatusRow>(session.sql, parts)),
    Effect.flatMap((rows) => {
      const sign = request.order === "newest" ? -1 : 1
      const sorted = rows.toSorted((a, b) => sign * (placeOf(a) - placeOf(b) || (a.id < b.id ? -1 : 1)))
      return statusesOf(session, sorted.slice(0, request.limit))
    })
  )
}

/** Each of them has the first rows of one index range, as many as the page can have. */
const selections = (
  session: Session,
  request: PageRequest
): Effect.Effect<ReadonlyArray<Statement.Fragment>, SqlError> => {
  switch (request.state) {
    case "completed":
    case "cancelled":
    case "dead":
      return ofDone(session, request, states[request.state])
    case "running":
      return Effect.succeed([
        ofJobs(session, request, { from: [heldJobs(session.tables), "part"], condition: "state = 1" })
      ])
    default:
      return ofWaiting(session, request, waiting(session, request.state))
  }
}

const waiting = ({ dialect }: Session, state: "ready" | "scheduled" | "retrying"): string => {
  switch (state) {
    case "ready":
      return `due_at <= ${dialect.now}`
    case "scheduled":
      return `due_at > ${dialect.now} AND is_retry = 0`
    case "retrying":
      return `due_at > ${dialect.now} AND is_retry = 1`
  }
}

const ofWaiting = (session: Session, request: PageRequest, isInState: string) => {
  const { sql, tables } = session
  const condition = "state = 0 AND is_suspect = 0"
  const from = [tables.jobs, "j"] as const
  const types = request.type === undefined ? typesOf(sql, tables.jobs, condition) : Effect.succeed([request.type])
  return Effect.map(types, (found) => [
    ...found.flatMap((type) =>
      priorities.map((_, priority) =>
        ofJobs(
          session,
          { ...request, type },
          { from, condition: `${condition} AND priority = ${priority} AND ${isInState}` }
        )
      )
    ),
    ofJobs(session, request, { from, condition: `state = 0 AND is_suspect = 1 AND ${isInState}` })
  ])
}

interface Range {
  /** A table, or what stands for one. */
  readonly from: readonly [relation: string, alias: string]
  readonly condition: string
}

/** An index is read forwards or backwards: the place of a row is its time, then its id. */
const directions = {
  oldest: { after: ">", order: "" },
  newest: { after: "<", order: " DESC" }
} as const

const ofJobs = (session: Session, request: PageRequest, { condition, from }: Range) => {
  const { sql } = session
  const { after, limit, order: asked = "oldest", type } = request
  const direction = directions[asked]
  const which = sql.and([
    sql.literal(condition),
    ...(type === undefined ? [] : [sql`type = ${type}`]),
    ...(after === undefined ? [] : [sql`(due_at, id) ${sql.literal(direction.after)} (${after.at}, ${after.id})`])
  ])
  const [relation, alias] = from
  // Of the table, as the columns have the same names.
  const order = sql.literal(`${alias}.due_at${direction.order}, ${alias}.id${direction.order}`)
  return sql`
    SELECT ${statusColumns(session).jobs} FROM ${sql.literal(`${relation} ${alias}`)} WHERE ${which}
    ORDER BY ${order} LIMIT ${limit}`
}

const ofDone = (session: Session, request: PageRequest, state: number) => {
  const { sql, tables } = session
  const { after, limit, order: asked = "oldest", type: only } = request
  const direction = directions[asked]
  const order = sql.literal(`d.finished_at${direction.order}, d.id${direction.order}`)
  const types = only === undefined ? typesOf(sql, tables.done, `state = ${state}`) : Effect.succeed([only])
  const which = (type: string) =>
    sql.and([
      sql`state = ${state}`,
      sql`type = ${type}`,
      ...(after === undefined
        ? []
        : [sql`(finished_at, id) ${sql.literal(direction.after)} (${after.at}, ${after.id})`])
    ])
  return Effect.map(types, (found) =>
    found.map(
      (type) => sql`
        SELECT ${statusColumns(session).done} FROM ${sql.literal(`${tables.done} d`)} WHERE ${which(type)}
        ORDER BY ${order} LIMIT ${limit}`
    )
  )
}

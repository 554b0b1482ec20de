/** Pages of jobs by state and type, in the order in which live ones are due and finished ones finished, or its reverse. */
import type * as Statement from "@effect/sql/Statement"
import type { SqlError } from "@effect/sql/SqlError"
import * as Arr from "effect/Array"
import * as Effect from "effect/Effect"
import { priorities } from "../../../observe/catalogue.ts"
import { mostTogether, typesOf, union } from "./by-type.ts"
import { states } from "./dialect.ts"
import type { JobStatus, PageRequest, ReadOperations } from "./operations.ts"
import { heldJobs, statusColumns, statusesOf } from "./reads.ts"
import type { StatusRow } from "./rows.ts"
import type { Session } from "./session.ts"

/** This read over open tables. */
export const pages = (session: Session): Pick<ReadOperations, "page"> => ({
  page: (request) => session.ours(page(session, request))
})

/**
 * The ids of a page are found in indexes alone, where many have to be looked at: the first of each type and priority. The
 * rows of those are read in the same statement, so that none has moved meanwhile.
 */
const page = (session: Session, request: PageRequest): Effect.Effect<ReadonlyArray<JobStatus>, SqlError> => {
  const { sql, tables } = session
  const isDone = request.state === "completed" || request.state === "cancelled" || request.state === "dead"
  const table = sql.literal(isDone ? tables.done : tables.jobs)
  const columns = isDone ? statusColumns(session).done : statusColumns(session).jobs
  const order = sql.literal(orderOf(request, ["place", "id"]))
  const first = (ranges: ReadonlyArray<Statement.Fragment>) => {
    const ids = sql`SELECT id FROM (${union(sql, ranges)}) places ORDER BY ${order} LIMIT ${request.limit}`
    const isFirst = sql.onDialectOrElse({ pg: () => sql`id = ANY(ARRAY(${ids}))`, orElse: () => sql`id IN (${ids})` })
    return sql<StatusRow>`SELECT ${columns} FROM ${table} WHERE ${isFirst}`
  }
  const sign = request.order === "newest" ? -1 : 1
  const placeOf = ({ due_at: dueAt, finished_at: finishedAt }: StatusRow) => finishedAt ?? dueAt
  return rangesOf(session, request).pipe(
    Effect.flatMap((ranges) => Effect.forEach(Arr.chunksOf(ranges, mostTogether), first)),
    Effect.flatMap((found) => {
      const rows = found.flat().sort((a, b) => sign * (placeOf(a) - placeOf(b) || (a.id < b.id ? -1 : 1)))
      return statusesOf(session, rows.slice(0, request.limit))
    })
  )
}

/** An index is read forwards or backwards: the place of a row is its time, then its id. */
const orderOf = ({ order }: PageRequest, columns: ReadonlyArray<string>): string =>
  columns.map((column) => `${column}${order === "newest" ? " DESC" : ""}`).join(", ")

/** Each of them has the first rows of one index range, as many as the page can have. */
const rangesOf = (
  session: Session,
  request: PageRequest
): Effect.Effect<ReadonlyArray<Statement.Fragment>, SqlError> => {
  const { tables } = session
  switch (request.state) {
    case "completed":
    case "cancelled":
    case "dead": {
      const condition = `state = ${states[request.state]}`
      return Effect.map(typesFor(session, request, [tables.done, condition]), (types) =>
        types.map((type) =>
          range(session, { ...request, type }, { from: tables.done, condition, place: "finished_at" })
        )
      )
    }
    case "running": {
      const from = heldJobs(tables)
      return Effect.succeed([range(session, request, { from, condition: "state = 1", place: "due_at" })])
    }
    default: {
      const isInState = waiting(session, request.state)
      const condition = "state = 0 AND is_suspect = 0"
      const suspects = `state = 0 AND is_suspect = 1 AND ${isInState}`
      const of = { from: tables.jobs, place: "due_at" } as const
      return Effect.map(typesFor(session, request, [tables.jobs, condition]), (types) => [
        ...types.flatMap((type) =>
          priorities.map((_, priority) =>
            range(
              session,
              { ...request, type },
              {
                ...of,
                condition: `${condition} AND priority = ${priority} AND ${isInState}`
              }
            )
          )
        ),
        range(session, request, { ...of, condition: suspects })
      ])
    }
  }
}

const typesFor = ({ sql }: Session, { type }: PageRequest, [table, condition]: readonly [string, string]) =>
  type === undefined ? typesOf(sql, table, condition) : Effect.succeed([type])

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

interface Range {
  /** A table, or what stands for one. */
  readonly from: string
  readonly condition: string
  readonly place: "due_at" | "finished_at"
}

const range = ({ sql }: Session, request: PageRequest, { condition, from, place }: Range): Statement.Fragment => {
  const { after, limit, order, type } = request
  const column = sql.literal(place)
  const isAfter = sql.literal(order === "newest" ? "<" : ">")
  const which = sql.and([
    sql.literal(condition),
    ...(type === undefined ? [] : [sql`type = ${type}`]),
    ...(after === undefined ? [] : [sql`(${column}, id) ${isAfter} (${after.at}, ${after.id})`])
  ])
  return sql`
    SELECT id, ${column} AS place FROM ${sql.literal(from)} part WHERE ${which}
    ORDER BY ${sql.literal(orderOf(request, [place, "id"]))} LIMIT ${limit}`
}

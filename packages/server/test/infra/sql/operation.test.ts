/** The labels of a statement: a table only where it is certain, and nothing else of the text. */
import { expect, it } from "@effect/vitest"
import * as fc from "effect/FastCheck"
import { dbOperations } from "../../../src/observe/catalogue/db.ts"
import { operationOf } from "../../../src/infra/sql/operation.ts"

const pg = (sql: string) => {
  const { collection, name } = operationOf(sql, "postgresql")
  return [name, collection]
}

it.each([
  ["SELECT 1", undefined],
  ["select * from people", "people"],
  ["SELECT * FROM people;", "people"],
  ['SELECT * FROM "people" WHERE id = $1', "people"],
  ['SELECT * FROM "public"."people" AS p ORDER BY 1', "public.people"],
  ["SELECT * FROM public.people p LIMIT 5", "public.people"],
  ["SELECT extract(epoch FROM born) FROM people", "people"],
  ["SELECT a IS DISTINCT FROM b FROM people", "people"],
  ["SELECT ' FROM secret ' FROM people WHERE a = 'x'' FROM y'", "people"],
  ["SELECT * FROM people FOR UPDATE SKIP LOCKED", "people"],
  ["-- FROM secret\nSELECT * FROM people", "people"],
  ["/* FROM secret */ SELECT /* b */ * FROM people", "people"],
  ["SELECT * FROM people, jobs", undefined],
  ["SELECT * FROM people p, jobs", undefined],
  ["SELECT * FROM people JOIN jobs ON true", undefined],
  ["SELECT * FROM people NATURAL JOIN jobs", undefined],
  ["SELECT * FROM (SELECT 1) AS x", undefined],
  ["SELECT * FROM people WHERE id IN (SELECT id FROM jobs)", undefined],
  ["SELECT * FROM people UNION TABLE jobs", undefined],
  ["SELECT * FROM generate_series(1, 2)", undefined],
  ["SELECT * FROM ONLY people", undefined],
  ["SELECT * FROM LATERAL people", undefined],
  ["SELECT * INTO copy FROM people", undefined],
  ["SELECT 1; SELECT * FROM people", undefined],
  ["SELECT * FROM people WHERE EXISTS (TABLE jobs)", undefined],
  ["SELECT $$ FROM secret $$ FROM people", undefined],
  ["SELECT 'it\\'s FROM secret ' FROM people", undefined],
  ["SELECT 'not closed FROM secret", undefined],
  ["SELECT 1 -- FROM secret\n FROM people", undefined],
  ["SELECT 1 /*! FROM secret */ FROM people", undefined]
])("of a query: %s", (sql, collection) => {
  expect(pg(sql)).toEqual(["SELECT", collection])
})

it.each([
  ["INSERT INTO people (a) VALUES ($1)", "INSERT", "people"],
  ["INSERT OR REPLACE INTO people VALUES (1)", "INSERT", "people"],
  ["insert ignore into `people` values (1)", "INSERT", "people"],
  ["INSERT INTO people SELECT * FROM jobs", "INSERT", "people"],
  ["INSERT INTO TABLE people VALUES (1)", "INSERT", undefined],
  ["REPLACE INTO people VALUES (1)", "REPLACE", "people"],
  ["UPDATE people SET a = 1", "UPDATE", "people"],
  ["UPDATE people AS p SET a = 1 FROM jobs", "UPDATE", "people"],
  ["UPDATE ONLY people SET a = 1", "UPDATE", undefined],
  ["UPDATE OR IGNORE people SET a = 1", "UPDATE", undefined],
  ["UPDATE people, jobs SET a = 1", "UPDATE", undefined],
  ["DELETE FROM people", "DELETE", "people"],
  ["DELETE FROM people p USING jobs WHERE true RETURNING *", "DELETE", "people"],
  ["DELETE FROM people, jobs USING x", "DELETE", undefined],
  ["WITH x AS (SELECT 1) DELETE FROM people", "WITH", undefined],
  ["CREATE TABLE people (a int)", "CREATE", undefined],
  ["(SELECT 1)", "SELECT", undefined],
  ["", "_OTHER", undefined],
  ["secret", "_OTHER", undefined],
  ["/* /* */ SELECT 1 */", "_OTHER", undefined],
  ["/* a */ 1 */ DELETE FROM people", "_OTHER", undefined]
])("of a change: %s", (sql, name, collection) => {
  expect(pg(sql)).toEqual([name, collection])
})

it("is without a table where a dialect lets an alias stand for it", () => {
  const update = "UPDATE p SET a = 1 FROM people p"
  const remove = "DELETE FROM p USING people AS p"
  expect(operationOf(update, "microsoft.sql_server").collection).toBe(undefined)
  expect(operationOf(update, "postgresql").collection).toBe("p")
  expect(operationOf(remove, "mysql").collection).toBe(undefined)
  expect(operationOf("SELECT * FROM [my people]", "microsoft.sql_server").collection).toBe("my people")
  expect(operationOf("SELECT * FROM [my people]", "postgresql").collection).toBe(undefined)
})

it("has no table where SQLite may read a name in brackets", () => {
  const statement = "SELECT [it's], ' FROM secret WHERE ' FROM [o'brien]"
  expect(operationOf(statement, "sqlite")).toEqual({ name: "SELECT", collection: undefined })
  expect(operationOf(statement, "microsoft.sql_server").collection).toBe("o'brien")
})

it("reads what stands before a statement once", () => {
  // A pattern with two ways to read this takes hours.
  expect(operationOf("/*" + "*/--".repeat(2_000_000), "postgresql").name).toBe("_OTHER")
})

it("never takes what is in a text for a table", () => {
  const text = fc.string({ maxLength: 30 }).map((value) => `'${value.replaceAll("'", "''")}secret'`)
  const shape = fc.constantFrom(
    (value: string) => `SELECT ${value} FROM people`,
    (value: string) => `SELECT * FROM people WHERE a = ${value}`,
    (value: string) => `UPDATE people SET a = ${value}`,
    (value: string) => `INSERT INTO people VALUES (${value}, ${value})`
  )
  fc.assert(
    fc.property(text, shape, (value, statement) => {
      expect(["people", undefined]).toContain(operationOf(statement(value), "postgresql").collection)
    })
  )
})

it("answers whatever the text is, with a name of the closed set", () => {
  const names: ReadonlySet<string> = new Set(dbOperations)
  const words = fc.constantFrom("SELECT", "FROM", "INSERT", "INTO", '"', "'", "`", "[", "(", ")", "--", "/*", ".", " ")
  const statement = fc.array(fc.oneof(words, fc.fullUnicodeString({ maxLength: 4 })), { maxLength: 12 })
  fc.assert(
    fc.property(statement, (parts) => {
      expect(names.has(operationOf(parts.join(" "), "microsoft.sql_server").name)).toBe(true)
    })
  )
})

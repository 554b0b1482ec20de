/** The priority classes, and the order in which jobs of different classes are taken. */
import * as Schema from "effect/Schema"
import { priorities } from "../../../observe/catalogue.ts"

/** The classes, most urgent first. */
export const Priority = Schema.Literal(...priorities)
export type Priority = typeof Priority.Type

/**
 * The head start that other jobs have over one of this class, in milliseconds. Jobs are taken in the order of
 * `due + headstart`, so a job is overtaken only by those that became due within its head start after it: a low one
 * waits five minutes longer than a critical one at most, however many critical ones keep coming.
 */
export const headStartMs: Readonly<Record<Priority, number>> = {
  critical: 0,
  high: 10_000,
  normal: 60_000,
  low: 300_000
}

/** The place in the order of a job: the lower is taken first. */
export const rankOf = (priority: Priority, dueMs: number): number => dueMs + headStartMs[priority]

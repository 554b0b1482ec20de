/** Lines of a chart, as an object that is sent. */
import type { Lines } from "../protocol/live.ts"
import { rounded } from "./rounded.ts"

/** Lines may be named by strangers: a name such as `__proto__` is one like others. */
export const linesOf = (lines: ReadonlyMap<string, number>): Lines =>
  Object.fromEntries(Array.from(lines, ([name, value]) => [name, rounded(value)]))

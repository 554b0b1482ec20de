/**
 * Before each test file: `it` as `@effect/vitest` exports it. Files share a process, and `it.layer` leaves its `effect`
 * and `scoped` on the `it` of all of them. So do what shortens stacks: an inline snapshot is found by its frame.
 */
import { it, makeMethods } from "@effect/vitest"

makeMethods(it)
Error.stackTraceLimit = 100

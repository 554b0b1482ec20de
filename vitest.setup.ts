/**
 * Before each test file: `it` as `@effect/vitest` exports it. Files share a process, and `it.layer` leaves its `effect`
 * and `scoped` on the `it` of all of them.
 */
import { it, makeMethods } from "@effect/vitest"

makeMethods(it)

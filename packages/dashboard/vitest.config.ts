import { mergeConfig } from "vitest/config"
import { unit } from "../../vitest.package.ts"

/** A browser on a busy machine takes longer for a step than the second that a condition has by default. */
export default mergeConfig(unit("dashboard"), { test: { expect: { poll: { timeout: 10_000 } } } })

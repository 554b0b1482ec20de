import { mergeConfig } from "vitest/config"
import { endToEnd } from "../../vitest.package.ts"

/** A browser on a busy machine takes longer for a step than the second that a condition has by default. */
export default mergeConfig(endToEnd("dashboard"), { test: { expect: { poll: { timeout: 10_000 } } } })

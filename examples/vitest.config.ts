import { defineConfig, mergeConfig } from "vitest/config"
import { unit } from "../vitest.package.ts"

// One of the programs is a test itself.
export default mergeConfig(unit("examples"), defineConfig({ test: { include: ["*.test.ts"] } }))

import { defineConfig } from "vitest/config"
import { endToEndProjects } from "./vitest.workspace.ts"

export default defineConfig({ test: { projects: endToEndProjects, fileParallelism: false } })

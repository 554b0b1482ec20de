import { defineConfig } from "vitest/config"
import { receiverProjects } from "./vitest.workspace.ts"

export default defineConfig({ test: { projects: receiverProjects, fileParallelism: false } })

import { defineConfig } from "vitest/config"
import { LongestFirst } from "./vitest.order.ts"
import { receiverProjects } from "./vitest.workspace.ts"

/** Most of the time they wait. */
const workers = 2

export default defineConfig({
  test: { projects: receiverProjects, maxWorkers: workers, minWorkers: workers, sequence: { sequencer: LongestFirst } }
})

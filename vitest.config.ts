import { availableParallelism } from "node:os"
import { defineConfig } from "vitest/config"
import { LongestFirst } from "./vitest.order.ts"
import { projects } from "./vitest.workspace.ts"

/** Two at least: many tests wait for a process or a socket of theirs, and leave the processor to another. */
const workers = Math.max(2, availableParallelism() - 1)

export default defineConfig({
  test: {
    projects: [...projects],
    pool: "forks",
    maxWorkers: workers,
    minWorkers: workers,
    sequence: { sequencer: LongestFirst }
  }
})

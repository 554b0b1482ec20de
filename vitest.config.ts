import { availableParallelism } from "node:os"
import { defineConfig } from "vitest/config"
import { LongestFirst } from "./vitest.order.ts"
import { projects } from "./vitest.workspace.ts"

/** One more than processors: many tests wait for a process or a socket of theirs, and leave the processor to another. */
const workers = availableParallelism() + 1

export default defineConfig({
  test: {
    projects: [...projects],
    pool: "forks",
    // Files that follow each other in a process load Effect once: loading it took nearly half the time of all tests.
    poolOptions: { forks: { isolate: false }, threads: { isolate: true, singleThread: true } },
    maxWorkers: workers,
    minWorkers: workers,
    sequence: { sequencer: LongestFirst }
  }
})

/** What is held in memory after everything that can be collected has been. */

/** What is held weakly by what is held weakly goes one collection after the other. */
export const memory = async (): Promise<NodeJS.MemoryUsage> => {
  if (globalThis.gc === undefined) {
    throw new Error("run with --expose-gc")
  }
  let before = Number.POSITIVE_INFINITY
  for (;;) {
    await new Promise((resolve) => setImmediate(resolve))
    globalThis.gc()
    const now = process.memoryUsage()
    if (now.heapUsed > before - 2 ** 16) {
      return now
    }
    before = now.heapUsed
  }
}

/** Loaded into the server before its program: says what it holds after full collections, each time its parent asks. */
process.on("message", () => {
  for (let collection = 0; collection < 3; collection++) {
    globalThis.gc?.()
  }
  const { arrayBuffers, heapUsed } = process.memoryUsage()
  process.send?.(heapUsed + arrayBuffers)
})

/** Answers the parent how much processor time this process has taken, and ends with it. */
export const answer = (url: string): void => {
  process.on("message", () => {
    const { system, user } = process.cpuUsage()
    process.send?.((system + user) / 1000)
  })
  process.once("disconnect", () => process.exit())
  process.send?.(url)
}

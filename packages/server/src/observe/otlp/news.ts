/** Messages of a receiver that were logged before: each is logged once. */

/** Whether a message is another one than before. */
export type News = (message: string) => boolean

/** As many messages as are remembered: a receiver may make a new one each time. */
const mostMessages = 16

/** No message yet. */
export const makeNews = (): News => {
  const seen = new Set<string>()
  return (message) => {
    // Numbers change from one time to the next, and what they count stays the same.
    const key = message.replace(/\d+/g, "0")
    if (seen.has(key) || seen.size >= mostMessages) {
      return false
    }
    seen.add(key)
    return true
  }
}

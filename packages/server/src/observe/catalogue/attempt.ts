/** The one place that catches what is thrown by code that is not ours, without Effect. */

/** What the function returns, or `otherwise` of what it throws. */
export const attempt = <A, B = undefined>(read: () => A, otherwise?: (thrown: unknown) => B): A | B | undefined => {
  // oxlint-disable-next-line rooms/no-try -- what watches must go on whatever is thrown, and this folder knows no Effect
  try {
    return read()
  } catch (thrown) {
    return otherwise?.(thrown)
  }
}

/** The one place that catches what is thrown by code that is not ours, without Effect. */

/** A function that never throws, made once for all its calls: what `run` returns, or `otherwise` of what was thrown. */
export const attempted =
  <Subject, Detail, A>(
    run: (subject: Subject, detail: Detail) => A,
    otherwise: (subject: Subject, thrown: unknown) => A
  ): ((subject: Subject, detail: Detail) => A) =>
  (subject, detail) => {
    // oxlint-disable-next-line rooms/no-try -- what watches must go on whatever is thrown, and this folder knows no Effect
    try {
      return run(subject, detail)
    } catch (thrown) {
      return otherwise(subject, thrown)
    }
  }

/** What the function returns, or `otherwise` of what it throws. */
export const attempt = <A, B = undefined>(read: () => A, otherwise?: (thrown: unknown) => B): A | B | undefined => {
  // oxlint-disable-next-line rooms/no-try -- as above
  try {
    return read()
  } catch (thrown) {
    return otherwise?.(thrown)
  }
}

/** A text that tells label sets apart, whatever the order of the labels. */
export const labelSet = (labels: Readonly<Record<string, string>>): string =>
  JSON.stringify(Object.entries(labels).sort(([one], [other]) => (one < other ? -1 : one > other ? 1 : 0)))

/** Metrics that are in no panel and no alert, each with the reason. */
export const excused: Readonly<Record<string, string>> = {}

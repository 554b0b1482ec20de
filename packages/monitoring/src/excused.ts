/** Metrics that are in no panel and no alert, with the reason. */
export const excused: Readonly<Record<string, string>> = {}

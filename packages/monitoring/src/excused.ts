import { catalogue } from "@parametric-portal/server/observe/catalogue"

const reason =
  "It is for the dashboards of vendors, and off unless asked for: ours show the same jobs and messages by their own metrics."

/** Metrics that are in no panel and no alert, with the reason. */
export const excused: Readonly<Record<string, string>> = Object.fromEntries(
  Object.values(catalogue.messaging).map(({ name }) => [name, reason])
)

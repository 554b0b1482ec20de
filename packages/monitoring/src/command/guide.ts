/** The guide, for what is printed. */
export const guide = "https://github.com/parametric-portal/parametric-portal/blob/main/docs/guides/monitoring.md"

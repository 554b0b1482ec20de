/**
 * A page on which people see, cancel, replay and pause jobs, for an application to mount on its own router.
 *
 * [The page of jobs](https://github.com/parametric-portal/parametric-portal/blob/main/docs/guides/jobs-page.md)
 *
 * @module
 */
export * from "./jobs-page/api.ts"
export * as JobsPage from "./jobs-page/page.ts"
export type { JobsPageAccess, JobsPageOptions } from "./jobs-page/options.ts"
export { JobsPageMissing } from "./jobs-page/page-files.ts"
export { OptionsError } from "../observe/instrument/options-error.ts"

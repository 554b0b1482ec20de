/**
 * A page on which people see, cancel, replay and pause jobs, for an application to mount on its own router.
 *
 * [The page of jobs](https://github.com/parametric-portal/parametric-portal/blob/main/docs/guides/jobs-page.md)
 *
 * @module
 */
export * from "./jobs-page/api.ts"

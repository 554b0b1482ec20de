/** The packages whose tests are run together; `vitest.config.ts` reads them from here. */
export const projects = ["packages/*", "examples"]

/** The same packages' end-to-end tests. */
export const endToEndProjects = ["packages/*/vitest.e2e.config.ts"]

/** The tests with real receivers. */
export const receiverProjects = ["packages/*/vitest.receivers.config.ts"]

export default projects

import { unit } from "./vitest.package.ts"

/**
 * Tests of what is in the registry of the process: each file of them has a process, or a thread, of its own. All others
 * may share one, and so leave nothing of ours in that registry.
 */
const apart = [
  "collect/collector",
  "collect/exporters",
  "collect/external",
  "collect/points/temporality",
  "instrument/instrument",
  "otlp/request",
  "otlp/stream",
  "prometheus/page",
  "prometheus/server",
  "track/transparency"
].map((file) => `test/observe/${file}.test.ts`)

const server = { root: "packages/server" }
const ofServer = unit("server", ["./test/support/shared-postgres.ts"]).test
const ofServerApart = unit("server, apart").test

/** The packages whose tests are run together; `vitest.config.ts` reads them from here. */
export const projects = [
  "packages/!(server)",
  "examples",
  { ...server, test: { ...ofServer, exclude: [...(ofServer?.exclude ?? []), ...apart] } },
  { ...server, test: { ...ofServerApart, include: apart, pool: "threads" as const } }
]

/** The same packages' end-to-end tests. */
export const endToEndProjects = ["packages/*/vitest.e2e.config.ts"]

/** The tests with real receivers. */
export const receiverProjects = ["packages/*/vitest.receivers.config.ts"]

export default projects

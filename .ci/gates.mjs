/** The gates by name: what `npm test`, its siblings and `npm run check` go through, in this order. */
import { beside, gate, tests, tool } from "./gate.mjs"
import { generated } from "./generated.mjs"
import { packed } from "./packed.mjs"
import { withReceivers } from "./receivers.mjs"
import { reference } from "./reference.mjs"

const format = tool("format", "oxfmt", "--check")
const lint = tool("lint", "oxlint")
const types = tool("types", "tsc", "-p", "tsconfig.json")
const typesOfPage = tool("types of the page", "tsc", "-p", "packages/dashboard/src/page/tsconfig.json")

export const test = (args) =>
  gate([beside(types), beside(typesOfPage), format, lint, tests("tests", { config: "vitest.config.ts", args })], {
    counting: true
  })

export const endToEnd = (args) =>
  gate([tests("end to end", { config: "vitest.e2e.config.ts", args })], { counting: true })

export const withRealReceivers = (args) =>
  gate(
    withReceivers((env) => tests("tests with receivers", { config: "vitest.receivers.config.ts", args, env })),
    { counting: true }
  )

/** What links of pages lead to is also tested with all else. */
const links = tests("links", { config: "vitest.config.ts", args: ["packages/server/test/docs/links.test.ts"] })

export const docs = () => gate([links, reference], { counting: false })

export const check = () => gate([format, lint, types, typesOfPage, generated, packed, reference], { counting: false })

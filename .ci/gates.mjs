/** The gates by name: what `npm test`, `npm run test:e2e` and `npm run check` go through, in this order. */
import { beside, gate, tests, tool } from "./gate.mjs"
import { generated } from "./generated.mjs"
import { packed } from "./packed.mjs"

const format = tool("format", "oxfmt", "--check")
const lint = tool("lint", "oxlint")
const types = tool("types", "tsc", "-p", "tsconfig.json")

export const test = (args) =>
  gate([beside(types), format, lint, tests("tests", "vitest.config.ts", args)], { counting: true })

export const endToEnd = (args) => gate([tests("end to end", "vitest.e2e.config.ts", args)], { counting: true })

export const check = () => gate([format, lint, types, generated, packed], { counting: false })

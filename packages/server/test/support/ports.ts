/** Ports for what the benchmark starts. */
export { freePort } from "../../../../vitest.ports.ts"

/** Where the figures come from. */
import { readFileSync } from "node:fs"
import { createRequire } from "node:module"
import { arch, cpus, loadavg, platform, totalmem } from "node:os"

const peers = [
  "effect",
  "@effect/opentelemetry",
  "@effect/cluster",
  "@opentelemetry/sdk-metrics",
  "prom-client",
  "pg-boss",
  "graphile-worker",
  "bullmq"
]

/** The machine, how busy it was at the end, and the versions of what was measured. */
export const environment = () => ({
  node: process.version,
  v8: process.versions.v8,
  platform: `${platform()} ${arch()}`,
  cpus: cpus().length,
  cpu: cpus()[0]?.model ?? "unknown",
  memoryGb: Math.round(totalmem() / 2 ** 30),
  loadAverage: loadavg(),
  versions: Object.fromEntries(peers.map((name) => [name, versionOf(name)]))
})

const versionOf = (name: string): string => {
  const manifest = createRequire(import.meta.url).resolve(`${name}/package.json`)
  return (JSON.parse(readFileSync(manifest, "utf8")) as { version: string }).version
}

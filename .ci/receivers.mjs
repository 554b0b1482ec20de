/**
 * Builds the receivers that others wrote, for the tests that send to them: an OpenTelemetry Collector, Prometheus and
 * VictoriaMetrics, in the versions that `packages/receivers/build` pins. What was built stays in
 * `.cache/receivers` until a version or a source changes. A build needs Go, and the Go module proxy once.
 */
import { execFileSync } from "node:child_process"
import { createHash } from "node:crypto"
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import path from "node:path"
import { environment, run } from "./child.mjs"
import { root } from "./install.mjs"

const sources = path.join(root, "packages/receivers/build")
const cache = path.join(root, ".cache/receivers")

/** `module` is the one whose version the folder is named after. */
const receivers = [
  { name: "collector", module: "go.opentelemetry.io/collector/otelcol", packages: ["."] },
  {
    name: "prometheus",
    module: "github.com/prometheus/prometheus",
    packages: ["prometheus", "promtool"].map((program) => `github.com/prometheus/prometheus/cmd/${program}`),
    // Service discovery of every cloud is half of the build.
    tags: "remove_all_sd"
  },
  {
    name: "victoriametrics",
    module: "github.com/VictoriaMetrics/VictoriaMetrics",
    packages: ["victoria-metrics", "vmalert"].map(
      (program) => `github.com/VictoriaMetrics/VictoriaMetrics/app/${program}`
    )
  }
]

const goEnvironment = environment({ CGO_ENABLED: "0", GOTOOLCHAIN: "local", GOWORK: "off" })

/** A version as text that sorts. */
const sortable = (version) =>
  version
    .split(".")
    .map((part) => part.padStart(4, "0"))
    .join(".")

const manifestOf = (name) => readFileSync(path.join(sources, name, "go.mod"), "utf8")

/** The newest Go that one of them asks for. */
const neededGo = () =>
  receivers
    .map(({ name }) => /^go ([\d.]+)/m.exec(manifestOf(name))[1])
    .sort((one, other) => (sortable(one) < sortable(other) ? -1 : 1))
    .at(-1)

/** Why there is no Go to build with, or nothing. */
const goProblem = () => {
  const needed = neededGo()
  try {
    const said = execFileSync("go", ["env", "GOVERSION"], { encoding: "utf8", env: goEnvironment })
    const [, version = "0"] = /go([\d.]+)/.exec(said) ?? []
    return sortable(version) >= sortable(needed)
      ? undefined
      : `Receivers are built with Go ${needed}, this is ${version}`
  } catch {
    return `Receivers are built with Go ${needed}, and there is none here`
  }
}

const place = ({ module, name }) => {
  const folder = path.join(sources, name)
  const [, version] = new RegExp(`^\\s*(?:require )?${module} v(\\S+)`, "m").exec(manifestOf(name))
  const hash = createHash("sha256")
  for (const file of readdirSync(folder).sort()) {
    hash.update(`${file}\0`).update(readFileSync(path.join(folder, file)))
  }
  return { folder, target: path.join(cache, `${name}-${version}`), fingerprint: hash.digest("hex") }
}

/** Builds one receiver unless it is there already; the folder of its programs, or nothing if that failed. */
const build = async (receiver) => {
  const { fingerprint, folder, target } = place(receiver)
  const stamp = path.join(target, ".built")
  if (existsSync(stamp) && readFileSync(stamp, "utf8") === fingerprint) {
    return target
  }
  rmSync(target, { recursive: true, force: true })
  const tags = receiver.tags === undefined ? [] : ["-tags", receiver.tags]
  const args = ["build", "-trimpath", "-ldflags", "-s -w", ...tags, "-o", `${target}/`, ...receiver.packages]
  const started = performance.now()
  // The second time finds what the first has downloaded and compiled, and goes on from there.
  for (const isLast of [false, true]) {
    const code = await run("go", args, { cwd: folder, group: true, env: goEnvironment })
    if (code === 0) {
      writeFileSync(stamp, fingerprint)
      const seconds = ((performance.now() - started) / 1000).toFixed(0)
      process.stdout.write(`${path.basename(target)}: built in ${seconds} s\n`)
      return target
    }
    if (isLast || code >= 128) {
      process.stdout.write(`${path.basename(target)} can't be built: go ended with ${code}\n`)
      return undefined
    }
  }
}

/**
 * A step that builds them, one after the other, and a step made of what was built: `testsOf` is given the environment
 * in which their programs are found. Without Go both are left out, except in CI, where they fail.
 */
export const withReceivers = (testsOf) => {
  const problem = goProblem()
  if (problem !== undefined) {
    const execute = async () => {
      process.stdout.write(`${problem}: their tests are left out.\n`)
      return { ok: process.env.CI === undefined }
    }
    return [{ name: "receivers", execute }]
  }
  const env = environment()
  const execute = async () => {
    const folders = []
    for (const receiver of receivers) {
      const folder = await build(receiver)
      if (folder === undefined) {
        return { ok: false }
      }
      folders.push(folder)
    }
    // Daemons of Debian's packages are in a folder that only root has in its path.
    env.PATH = [...folders, env.PATH, "/usr/sbin"].join(path.delimiter)
    env.RECEIVERS = folders.join(path.delimiter)
    return { ok: true }
  }
  return [{ name: "receivers", execute }, testsOf(env)]
}

/**
 * Somebody who has never seen this repository: installs the published package with plain npm by the lines of the README,
 * and writes a program that uses it. Any warning about peers fails.
 */
import { readFile, rm } from "node:fs/promises"
import path from "node:path"
import { fileURLToPath } from "node:url"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { blocksOf } from "../docs/blocks.ts"
import { EmptyProject, inLibrary } from "../support/empty-project.ts"

const root = fileURLToPath(new URL("../../../..", import.meta.url))
const text = (file: string): Promise<string> => readFile(path.join(root, file), "utf8")
const json = async (file: string) => JSON.parse(await text(file)) as Readonly<Record<string, unknown>>

const textsOf = (page: string, language: string): ReadonlyArray<string> =>
  blocksOf("README.md", page).flatMap((block) => (block.language === language ? [block.text] : []))

/** What of npm's output speaks of peers that don't fit. */
const aboutPeers = (output: string): ReadonlyArray<string> =>
  output.split("\n").filter((line) => /peer|ERESOLVE|EBADENGINE/i.test(line))

/** The newest versions that Node 20's users go to: the registry has them as packages. */
const others = ["22", "24"].map((major) => ({ major, alias: `node${major}` }))

const nodes = [
  { name: "Node 20", program: () => process.execPath },
  ...others.map(({ alias, major }) => ({
    name: `Node ${major}`,
    program: (folder: string) => path.join(folder, "node_modules", alias, "bin/node")
  }))
]

const forPrograms = [
  "typescript@5.9",
  "@types/node@20",
  ...others.map(({ alias, major }) => `${alias}@npm:node-${process.platform}-${process.arch}@${major}`)
]

/** A program that imports every public subpath and uses the first. */
const overSubpaths = async (): Promise<string> => {
  const { exports } = await json("packages/server/package.json")
  const subpaths = Object.keys(exports as object).filter((subpath) => !subpath.endsWith(".json"))
  const names = subpaths.map((_, index) => `subpath${index}`)
  return [
    ...subpaths.map(
      (subpath, index) => `import * as ${names[index]} from "@parametric-portal/server/${subpath.slice(2)}"`
    ),
    'import { type CatalogueHandles, MetricsService } from "@parametric-portal/server/observe/metrics"',
    'import * as Testing from "@parametric-portal/server/observe/testing"',
    'import { Effect } from "effect"',
    // What users see of the service: its namespaces and the registry.
    'type Seen = Exclude<keyof MetricsService, "_tag" | "registry" | keyof CatalogueHandles>',
    "const nothingElse: [Seen] extends [never] ? true : Seen = true",
    `const all: ReadonlyArray<unknown> = [nothingElse, ${names.join(", ")}]`,
    "const program = Effect.gen(function* () {",
    '  yield* Effect.void.pipe(MetricsService.trackJob({ jobType: "mail", operation: "process" }))',
    '  const completed = (yield* Testing.snapshot)[`jobs_completed_total{job_type="mail",operation="process"}`]',
    '  console.log(all.length === 0 ? "nothing" : "completed", completed)',
    "})",
    'void Effect.runPromise(Effect.provide(program, MetricsService.layer({ registry: "own" })))'
  ].join("\n")
}

let archive = ""
let archiveOfPage = ""
let archiveOfMonitoring = ""
let project: EmptyProject

beforeAll(async () => {
  const pnpm = String((await json("package.json"))["packageManager"])
  archive = await EmptyProject.pack(pnpm)
  archiveOfPage = await EmptyProject.pack(pnpm, "dashboard")
  archiveOfMonitoring = await EmptyProject.pack(pnpm, "monitoring")
  project = await EmptyProject.make()
}, 300_000)

afterAll(async () => {
  for (const file of [archive, archiveOfPage, archiveOfMonitoring]) {
    await rm(path.dirname(file), { recursive: true, force: true })
  }
  await project.remove()
})

interface State {
  readonly metrics: ReadonlyArray<{ readonly name: string }>
  readonly health: object
}

/** The state that a page is sent first, a tick after the last request. */
const firstEvent = async (url: string): Promise<State> => {
  await new Promise((resolve) => setTimeout(resolve, 1_500))
  const leave = new AbortController()
  const { body } = await fetch(url, { signal: leave.signal })
  let text = ""
  for await (const part of body ?? []) {
    text += Buffer.from(part).toString()
    if (text.includes("\n\n")) {
      break
    }
  }
  leave.abort()
  return JSON.parse(text.slice(text.indexOf("data: ") + 6, text.indexOf("\n\n"))) as State
}

/** The published packages, with what of theirs only this workspace has. */
const archives = [
  { name: "server", file: () => archive, atLeast: 2 * 7 },
  { name: "dashboard", file: () => archiveOfPage, atLeast: 2 },
  { name: "monitoring", file: () => archiveOfMonitoring, atLeast: 2 }
]

describe("the archive", () => {
  it("is not made by npm, which says in one sentence what makes it", async () => {
    const { code, stderr, stdout } = await inLibrary("npm", "pack", "--pack-destination", path.dirname(archive))
    expect(code).not.toBe(0)
    expect(stdout).not.toContain(".tgz")
    expect(stderr).toContain(
      "@parametric-portal/server is not packed: npm would pack its sources; use npm run release -- publish, or npx pnpm pack.\n"
    )
  })

  it.each(archives)("of $name has what it names, and nothing that only this workspace understands", async (one) => {
    const listed = (await inLibrary("tar", "-tzf", one.file())).stdout
      .split("\n")
      .map((name) => name.replace(/^package\//, ""))
    const { stdout: manifest } = await inLibrary("tar", "-xzOf", one.file(), "package/package.json")
    const { bin = {}, exports } = JSON.parse(manifest) as Readonly<Record<"bin" | "exports", object>>
    const named = JSON.stringify([exports, bin]).match(/\.\/[^"]+\.(?:js|ts|json)(?=")/g) ?? []
    expect(named.length).toBeGreaterThan(one.atLeast)
    expect(named.filter((file) => !listed.includes(file.slice(2)))).toEqual([])
    expect(manifest).not.toMatch(/catalog:|workspace:|\.\.\/\.\.|\.\/src\//)
    expect(listed.filter((name) => /(^|\/)(test|bench|node_modules)\/|tsbuildinfo/.test(name))).toEqual([])
  })

  it("of the page has the page, and the licences of what it contains", async () => {
    const listed = (await inLibrary("tar", "-tzf", archiveOfPage)).stdout.split("\n")
    expect(listed).toContain("package/dist/page/index.html")
    const { stdout: licences } = await inLibrary("tar", "-xzOf", archiveOfPage, "package/dist/licenses.txt")
    for (const name of ["effect", "preact", "protobufjs", "@opentelemetry/otlp-transformer"]) {
      expect(licences).toMatch(new RegExp(`^${name} [\\d.]+ \\(`, "m"))
    }
    const { stdout: manifest } = await inLibrary("tar", "-xzOf", archiveOfPage, "package/package.json")
    expect(JSON.parse(manifest)).not.toHaveProperty("dependencies")
  })
})

describe("a project with the package", () => {
  /** The line of the README with the archive in the place of the name. */
  const install = async (): Promise<ReadonlyArray<string>> => {
    const [line = ""] = textsOf(await text("packages/server/README.md"), "sh")
    expect(line).toContain("npm install @parametric-portal/server ")
    return line.trim().replace("@parametric-portal/server ", `${archive} `).split(" ")
  }

  it("is installed by the line of the README without a warning about peers, and runs its program", async () => {
    const { code, stderr, stdout } = await project.run(...(await install()))
    expect({ code, peers: aboutPeers(stdout + stderr) }).toEqual({ code: 0, peers: [] })
    const [example = ""] = textsOf(await text("packages/server/README.md"), "ts")
    await project.write("main.ts", example)
    const ended = await project.run("env", "OTEL_METRICS_EXPORTER=console", "npx", "--yes", "tsx", "main.ts")
    expect(ended).toMatchObject({ code: 0 })
    expect(ended.stdout + ended.stderr).toContain("jobs_completed_total")
  })

  it("shows what that program measured on the page of the other package, which needs nothing but Node", async () => {
    const viewer = await EmptyProject.make()
    expect(await viewer.run("npm", "install", archiveOfPage)).toMatchObject({ code: 0 })
    const { stdout: installed } = await viewer.run("npm", "ls", "--all", "--parseable")
    expect(
      installed
        .trim()
        .split("\n")
        .slice(1)
        .map((folder) => path.relative(viewer.folder, folder))
    ).toEqual(["node_modules/@parametric-portal/dashboard"])
    const { end, line } = await viewer.start("npx", "--no-install", "dashboard", "--port", "0", "--json")
    const { page } = JSON.parse(line) as { readonly page: string }
    try {
      const { port } = new URL(page)
      const second = await viewer.run("npx", "--no-install", "dashboard", "--port", port)
      expect(second).toMatchObject({ code: 1, stdout: "" })
      expect(second.stderr).toContain(`For another port: npx @parametric-portal/dashboard --port ${Number(port) + 1}`)
      await project.run("env", `OTEL_EXPORTER_OTLP_ENDPOINT=${page}`, "npx", "--yes", "tsx", "main.ts")
      const index = await (await fetch(page)).text()
      const [, script = ""] = /src="\.\/(assets\/[^"]+\.js)"/.exec(index) ?? []
      expect((await fetch(`${page}/${script}`)).status).toBe(200)
      const state = await firstEvent(`${page}/live`)
      expect(state.metrics.map(({ name }) => name)).toContain("jobs_completed_total")
      expect(state.health).toMatchObject({ refused: [], violations: 0 })
    } finally {
      await end()
      await viewer.remove()
    }
    await expect(fetch(page)).rejects.toThrow("fetch failed")
  })

  it("takes all that the table of subpaths names, without a warning about peers", async () => {
    const named = Array.from(
      (await text("packages/server/README.md")).matchAll(/`(@[\w-]+\/[\w-]+@[\d.]+)`/g),
      ([, name = ""]) => name
    )
    // The other driver is compiled from its sources here.
    const wanted = Array.from(new Set(named)).filter((name) => !name.startsWith("@effect/sql-sqlite-node"))
    expect(wanted.length).toBeGreaterThan(10)
    const { code, stderr, stdout } = await project.run("npm", "install", ...wanted, ...forPrograms)
    expect({ code, peers: aboutPeers(stdout + stderr) }).toEqual({ code: 0, peers: [] })
  })

  it.each(["nodenext", "bundler"])(
    "compiles a program over every subpath, libraries checked, by %s",
    async (resolution) => {
      await project.write("subpaths.ts", await overSubpaths())
      const module = resolution === "bundler" ? "esnext" : resolution
      const options = ["--strict", "--noEmit", "--skipLibCheck", "false", "--target", "es2022"]
      const tsc = ["npx", "tsc", ...options, "--module", module, "--moduleResolution", resolution, "subpaths.ts"]
      expect(await project.run(...tsc)).toEqual({ code: 0, stdout: "", stderr: "" })
    }
  )

  it.each(nodes)("runs that program on $name", async ({ name, program }) => {
    await project.write("subpaths.ts", await overSubpaths())
    await project.run("npx", "tsc", "--strict", "--target", "es2022", "--module", "nodenext", "subpaths.ts")
    const node = program(project.folder)
    const { stdout: version } = await project.run(node, "--version")
    expect(version).toMatch(new RegExp(`^v${name.replace("Node ", "")}\\.`))
    expect(await project.run(node, "subpaths.js")).toEqual({ code: 0, stdout: "completed 1\n", stderr: "" })
  })
})

describe("a project with few peers", () => {
  let few: EmptyProject

  beforeAll(async () => {
    few = await EmptyProject.make()
  })

  afterAll(() => few.remove())

  it("compiles what needs none, libraries checked", async () => {
    await few.run("npm", "install", archive, "effect@3.22", "typescript@5.9", "@types/node@20")
    const subpaths = ["metrics", "catalogue", "telemetry", "testing"]
    const imports = subpaths.map((name) => `export * as ${name} from "@parametric-portal/server/observe/${name}"`)
    await few.write("few.ts", imports.join("\n"))
    const options = ["--strict", "--noEmit", "--skipLibCheck", "false", "--target", "es2022", "--module", "nodenext"]
    expect(await few.run("npx", "tsc", ...options, "few.ts")).toEqual({ code: 0, stdout: "", stderr: "" })
  })

  const bundlers = {
    esbuild: [["esbuild@0.25"], ["esbuild", "main.mjs", "--bundle", "--platform=node", "--outfile=bundle/main.cjs"]],
    Rollup: [
      ["rollup@4", "@rollup/plugin-node-resolve@16", "@rollup/plugin-commonjs@28", "@rollup/plugin-json@6"],
      ["rollup", "main.mjs", "-d", "bundle", "--silent", "-p", "node-resolve", "-p", "commonjs", "-p", "json"]
    ]
  } as const

  it.each(Object.entries(bundlers))("is bundled by %s with the peers that it uses", async (_, [packages, command]) => {
    const readme = await text("packages/server/README.md")
    const [line = ""] = textsOf(readme, "sh")
    const [example = ""] = textsOf(readme, "ts")
    const peers = line.trim().split(" ").slice(3)
    await few.run("npm", "install", ...peers, ...packages)
    await few.write("main.mjs", example.replace(": string", ""))
    await few.write("bundle/package.json", "{}")
    expect(await few.run("npx", ...command)).toMatchObject({ code: 0 })
    const bundle = command[0] === "esbuild" ? "bundle/main.cjs" : "bundle/main.js"
    await few.write("bundle/package.json", JSON.stringify({ type: "module" }))
    const ended = await few.run("env", "OTEL_METRICS_EXPORTER=console", process.execPath, bundle)
    expect(ended).toMatchObject({ code: 0 })
    expect(ended.stdout).toContain('"name":"jobs_completed_total"')
  })
})

describe("a wrong major", () => {
  const opentelemetry = [
    "@opentelemetry/api@1.9",
    "@opentelemetry/resources@2.12",
    "@opentelemetry/sdk-metrics@2.12",
    "@opentelemetry/otlp-transformer@0.223"
  ]
  const recorded = ["@opentelemetry/sdk-trace-base@2.12", "@opentelemetry/sdk-logs@0.223"]
  const cluster = ["cluster@0.60", "platform@0.97", "rpc@0.76", "sql@0.52", "workflow@0.19"].map(
    (name) => `@effect/${name}`
  )
  const telemetry = (options: string) => `
    import { MetricsService } from "@parametric-portal/server/observe/metrics"
    import { Telemetry } from "@parametric-portal/server/observe/telemetry"
    import { Effect, Layer } from "effect"
    const live = Telemetry.layer(${options}).pipe(Layer.provideMerge(MetricsService.Default))
    await Effect.runPromise(Effect.provide(Effect.void, live))
  `
  const metrics = 'import "@parametric-portal/server/observe/metrics"'
  const wrong: ReadonlyArray<readonly [string, ReadonlyArray<string>, string]> = [
    ["effect/dist/MetricRegistry.js", ["effect@4"], metrics],
    [
      "'./cluster/HttpRunner' is not defined",
      ["effect@3.22", "@effect/platform-node@4"],
      'import "@effect/platform-node"'
    ],
    [
      "'./reactivity/Reactivity' is not defined",
      ["effect@3.22", ...cluster, "@effect/sql-pg@4"],
      'import "@effect/sql-pg/PgClient"'
    ],
    [
      "@effect/opentelemetry/dist/Tracer.js",
      ["effect@3.22", ...opentelemetry, ...recorded, "@effect/opentelemetry@4"],
      telemetry("{ destinations: [], traces: {} }")
    ],
    ["'./HashRing' is not defined", ["effect@3.10", "@effect/platform-node@0.108"], 'import "@effect/platform-node"'],
    [
      "@opentelemetry/resources has no resourceFromAttributes: another major is installed",
      ["effect@3.22", ...opentelemetry, "@opentelemetry/resources@1", "@opentelemetry/sdk-metrics@1"],
      telemetry("{}")
    ]
  ]

  it.each(wrong)("is found in the guide by %s", async (words, packages, program) => {
    const guide = await text("docs/guides/debugging.md")
    expect(guide).toContain(words)
    const other = await EmptyProject.make()
    try {
      await other.run("npm", "install", "--force", archive, ...packages)
      await other.write("main.js", program)
      const { code, stderr } = await other.run(process.execPath, "main.js")
      expect(code).not.toBe(0)
      expect(stderr).toContain(words)
    } finally {
      await other.remove()
    }
  })

  it("of a peer is refused by npm where no version is said", async () => {
    const other = await EmptyProject.make()
    try {
      const { code, stderr } = await other.run("npm", "install", archive, "effect@3.22", "@effect/platform-node")
      expect(code).not.toBe(0)
      expect(stderr).toContain("ERESOLVE")
    } finally {
      await other.remove()
    }
  })
})

/** The READMEs match the sources: output and versions are right. Tests of `test/docs` and `test/e2e/docs` run the program. */
import { NodeContext } from "@effect/platform-node"
import * as FileSystem from "@effect/platform/FileSystem"
import * as HttpApp from "@effect/platform/HttpApp"
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Schema from "effect/Schema"
import * as TestClock from "effect/TestClock"
import { fileURLToPath } from "node:url"
import { peersOf } from "../../src/observe/config/peer.ts"
import { MetricsService } from "../../src/observe/metrics.ts"
import { Prometheus } from "../../src/observe/prometheus.ts"
import { layer as ownMetrics } from "../../src/observe/testing.ts"
import { blocksOf } from "../docs/blocks.ts"

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url))
const text = (path: string) => Effect.flatMap(FileSystem.FileSystem, (files) => files.readFileString(here(path)))

const readmes = { "the repository's": "../../../../README.md", "the package's": "../../README.md" }

const textsOf = (readme: string, language: string): ReadonlyArray<string> =>
  blocksOf("README.md", readme).flatMap((block) => (block.language === language ? [block.text] : []))

/** Whether a range allows the newest of a line of versions, such as `2.12`. */
const allows = (range: string, line: string): boolean => {
  const order = (version: string): number => {
    const [major = 0, minor = 0] = version.split(".").map(Number)
    return major * 10_000 + minor
  }
  return range.split(" || ").some((part) => {
    const [low = "", high] = part.replace(/^\^/, "").split(" - ")
    const isSameLine =
      line.split(".")[0] === low.split(".")[0] && (low[0] !== "0" || high !== undefined || order(low) === order(line))
    return isSameLine && order(line) >= order(low) && (high === undefined || order(line) <= order(high))
  })
}

/** The packages and versions that a text names; the drivers of databases are the application's. */
const namedIn = (page: string) =>
  Array.from(page.matchAll(/(@?[a-z][\w-]*(?:\/[\w-]+)?)@(\d[\d.]*)/g), ([, name = "", version = ""]) => ({
    name,
    version
  })).filter(({ name }) => !name.startsWith("@effect/sql-"))

const Manifest = Schema.parseJson(
  Schema.Struct({
    peerDependencies: Schema.Record({ key: Schema.String, value: Schema.String }),
    exports: Schema.Record({ key: Schema.String, value: Schema.String })
  })
)

const manifest = Effect.flatMap(text("../../package.json"), Schema.decode(Manifest))

/** The Prometheus page of a registry of its own, after two jobs like those of the example. */
const page = Effect.gen(function* () {
  const resize = MetricsService.trackJob({ jobType: "resize", operation: "process", priority: "high" })
  const working = yield* Effect.fork(Effect.all([resize(Effect.sleep("20 millis")), resize(Effect.sleep("20 millis"))]))
  yield* TestClock.adjust("40 millis")
  yield* Fiber.join(working)
  const answer = HttpApp.toWebHandler(yield* Prometheus.httpApp({ registries: "own" }))
  return yield* Effect.promise(() =>
    answer(new Request("http://localhost/metrics")).then((response) => response.text())
  )
})

describe.for(Object.entries(readmes))("%s README", ([, path]) => {
  it.effect("has one program, the same as the other", () =>
    Effect.gen(function* () {
      const programs = textsOf(yield* text(path), "ts")
      expect(programs).toHaveLength(1)
      expect(programs).toEqual(textsOf(yield* text(readmes["the repository's"]), "ts"))
    }).pipe(Effect.provide(NodeContext.layer))
  )

  it.effect("installs what the example imports, in the versions that the package allows", () =>
    Effect.gen(function* () {
      const [line = ""] = textsOf(yield* text(path), "sh")
      const { peerDependencies } = yield* manifest
      const wanted = [
        "effect",
        "@effect/platform-node",
        "@opentelemetry/api",
        "@opentelemetry/resources",
        "@opentelemetry/sdk-metrics",
        "@opentelemetry/otlp-transformer"
      ]
      expect(namedIn(line).map(({ name }) => name)).toEqual(wanted)
      expect(line).toMatch(/^npm install @parametric-portal\/server effect@/)
      expect(namedIn(line).filter(({ name, version }) => !allows(String(peerDependencies[name]), version))).toEqual([])
    }).pipe(Effect.provide(NodeContext.layer))
  )
})

describe("the repository's README", () => {
  it.effect("shows what the Prometheus page has of the example", () =>
    Effect.gen(function* () {
      const [shown = ""] = textsOf(yield* text(readmes["the repository's"]), "text")
      const names = ["jobs_completed_total", "jobs_processing_seconds", "jobs_in_flight"]
      const isShown = (line: string): boolean =>
        names.some((name) => new RegExp(`^(# TYPE )?${name}(_bucket|_sum|_count)?[ {]`).test(line))
      const lines = (yield* page).split("\n").filter(isShown)
      expect(shown).toBe(`${lines.join("\n")}\n`)
    }).pipe(Effect.provide(Layer.merge(NodeContext.layer, ownMetrics())))
  )

  it.effect("has the two commands of a newcomer", () =>
    Effect.gen(function* () {
      const readme = yield* text(readmes["the repository's"])
      expect(["| `npm run demo` |", "| `npm test` |"].filter((row) => !readme.includes(row))).toEqual([])
    }).pipe(Effect.provide(NodeContext.layer))
  )
})

const guide = (name: string): string => `../../../../docs/guides/${name}.md`

describe("a guide", () => {
  const guides = ["cluster", "jobs", "prometheus", "telemetry-wiring"]

  it.effect.each(guides)("installs versions that the package allows: %s", (name) =>
    Effect.gen(function* () {
      const { peerDependencies } = yield* manifest
      const lines = textsOf(yield* text(guide(name)), "sh").filter((block) =>
        block.startsWith("npm install @parametric-portal/server ")
      )
      expect(lines).toHaveLength(1)
      const named = lines.flatMap(namedIn)
      expect(named.length).toBeGreaterThan(1)
      expect(named.filter(({ name, version }) => !allows(String(peerDependencies[name]), version))).toEqual([])
    }).pipe(Effect.provide(NodeContext.layer))
  )
})

it.effect("all packages have one version", () =>
  Effect.gen(function* () {
    const files = yield* FileSystem.FileSystem
    const folders = yield* files.readDirectory(here("../../../"))
    const Version = Schema.parseJson(Schema.Struct({ version: Schema.String }))
    const versions = yield* Effect.forEach(folders, (folder) =>
      Effect.flatMap(text(`../../../${folder}/package.json`), Schema.decode(Version))
    )
    expect(versions.length).toBeGreaterThan(3)
    expect(new Set(versions.map(({ version }) => version)).size).toBe(1)
  }).pipe(Effect.provide(NodeContext.layer))
)

it.effect("all texts name one version of a package", () =>
  Effect.gen(function* () {
    const pages = yield* Effect.forEach(
      [...Object.values(readmes), ...["beside", "cluster", "jobs", "prometheus", "telemetry-wiring"].map(guide)],
      text
    )
    const named = [...pages.flatMap(namedIn), ...namedIn(Object.values(peersOf).flat().join(" "))]
    const versions = new Map<string, Set<string>>()
    named.forEach(({ name, version }) => versions.set(name, (versions.get(name) ?? new Set()).add(version)))
    expect(versions.size).toBeGreaterThan(10)
    expect(Array.from(versions).filter(([, found]) => found.size > 1)).toEqual([])
  }).pipe(Effect.provide(NodeContext.layer))
)

describe("what an error says to install", () => {
  const named = Object.values<ReadonlyArray<string>>(peersOf).flat()

  it.effect("is of versions that the package allows", () =>
    Effect.gen(function* () {
      const { peerDependencies } = yield* manifest
      const peers = namedIn(named.join(" "))
      expect(peers).toHaveLength(named.length)
      expect(peers.filter(({ name, version }) => !allows(String(peerDependencies[name]), version))).toEqual([])
    }).pipe(Effect.provide(NodeContext.layer))
  )

  it.effect("is what the guide lists", () =>
    Effect.gen(function* () {
      const page = yield* text(guide("telemetry-wiring"))
      const [otlp = ""] = /^\| OTLP \| .*$/m.exec(page) ?? []
      const [traces = ""] = /^\| traces \| .*$/m.exec(page) ?? []
      const [logs = ""] = /^\| logs \| .*$/m.exec(page) ?? []
      const cells = { OTLP: otlp, "exporting traces": otlp + traces, "exporting logs": otlp + logs }
      for (const [use, cell] of Object.entries(cells)) {
        const listed = Array.from(cell.matchAll(/`([^`]+)`/g), ([, peer]) => peer)
        expect(listed).toEqual(peersOf[use as keyof typeof cells])
      }
    }).pipe(Effect.provide(NodeContext.layer))
  )
})

describe("the package's README", () => {
  const rows = Effect.map(text(readmes["the package's"]), (readme) =>
    Array.from(readme.matchAll(/^\| `(\.\/[\w/-]+)` \| .* \| (.*) \|$/gm), ([, subpath, needs]) => ({ subpath, needs }))
  )

  it.effect("has every public subpath", () =>
    Effect.gen(function* () {
      const { exports } = yield* manifest
      const subpaths = Object.keys(exports).filter((subpath) => !subpath.endsWith(".json"))
      expect((yield* rows).map(({ subpath }) => subpath)).toEqual(subpaths)
    }).pipe(Effect.provide(NodeContext.layer))
  )

  it.effect("names peers in the versions that the package allows", () =>
    Effect.gen(function* () {
      const { peerDependencies } = yield* manifest
      const peers = (yield* rows).flatMap(({ needs = "" }) => namedIn(needs))
      expect(peers.length).toBeGreaterThan(8)
      expect(peers.filter(({ name, version }) => !allows(String(peerDependencies[name]), version))).toEqual([])
    }).pipe(Effect.provide(NodeContext.layer))
  )
})

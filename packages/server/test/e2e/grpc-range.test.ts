/**
 * Both ends of the range of `@grpc/grpc-js`, in a project that has the published library: all signals are exported, also
 * from a bundle in parts, and a connection that is never made does not keep the process alive. Without it, one line says so.
 */
import { readFile, rm } from "node:fs/promises"
import path from "node:path"
import { fileURLToPath } from "node:url"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { EmptyProject } from "../support/empty-project.ts"

const root = fileURLToPath(new URL("../../../..", import.meta.url))

const packages = [
  "effect@3.22",
  "@opentelemetry/api@1.9",
  "@opentelemetry/resources@2.12",
  "@opentelemetry/sdk-metrics@2.12",
  "@opentelemetry/otlp-transformer@0.223",
  "@effect/opentelemetry@0.64",
  "@opentelemetry/sdk-trace-base@2.12",
  "@opentelemetry/sdk-logs@0.223"
]

/** Exports all signals to a collector in this process, and then to a port that takes a connection and says nothing. */
const program = `
  import { MetricsService } from "@parametric-portal/server/observe/metrics"
  import { Telemetry } from "@parametric-portal/server/observe/telemetry"
  import { Server, ServerCredentials } from "@grpc/grpc-js"
  import { Effect, Layer, Logger } from "effect"
  import { createServer } from "node:net"

  const asIs = (bytes) => bytes
  const received = []
  const handle = (call, done) => {
    received.push(call.getPath().split("/")[1])
    done(null, Buffer.alloc(0))
  }
  const server = new Server()
  for (const service of ["metrics.v1.Metrics", "trace.v1.Trace", "logs.v1.Logs"]) {
    const method = { path: "/opentelemetry.proto.collector." + service + "Service/Export", requestStream: false, responseStream: false,
      requestSerialize: asIs, requestDeserialize: asIs, responseSerialize: asIs, responseDeserialize: asIs }
    server.addService({ Export: method }, { Export: handle })
  }
  const port = await new Promise((resolve) =>
    server.bindAsync("127.0.0.1:0", ServerCredentials.createInsecure(), (_, bound) => resolve(bound)))
  const silent = createServer((socket) => socket.on("error", () => {}).unref()).listen(0, "127.0.0.1").unref()
  await new Promise((resolve) => silent.once("listening", resolve))

  process.env.OTEL_EXPORTER_OTLP_PROTOCOL = "grpc"
  const run = (endpoint, options) => {
    process.env.OTEL_EXPORTER_OTLP_ENDPOINT = endpoint
    const work = Effect.log("a line").pipe(
      MetricsService.trackJob({ jobType: "mail", operation: "process" }),
      Effect.withSpan("a span")
    )
    const live = Telemetry.layer(options).pipe(Layer.provideMerge(MetricsService.layer({ registry: "own" })))
    return Effect.runPromise(Effect.provide(work, Layer.merge(live, Logger.remove(Logger.defaultLogger))))
  }
  await run("http://127.0.0.1:" + port, { traces: {}, logs: {} })
  server.forceShutdown()
  await run("https://localhost:" + silent.address().port, { shutdownTimeout: "1 second" })
  console.log(JSON.stringify(received.sort()))
`

/** In parts, of which one is what is loaded where it is used; with the packages of the project alone. */
const bundled = [
  ..."env -u NODE_PATH npx esbuild main.mjs --bundle --splitting --outdir=bundle".split(" "),
  ..."--platform=node --format=esm --out-extension:.js=.mjs".split(" "),
  "--banner:js=import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);"
]

const all = ["Logs", "Metrics", "Trace"].map(
  (name) => `opentelemetry.proto.collector.${name.toLowerCase()}.v1.${name}Service`
)

let archive = ""

beforeAll(async () => {
  const manifest = JSON.parse(await readFile(path.join(root, "package.json"), "utf8")) as { packageManager: string }
  archive = await EmptyProject.pack(manifest.packageManager)
}, 300_000)

afterAll(() => rm(path.dirname(archive), { recursive: true, force: true }))

describe("a project with @grpc/grpc-js", () => {
  it.each(["1.13.5", "1.14.4", "1"])("%s exports all signals and ends, as it is and in a bundle", async (version) => {
    const project = await EmptyProject.make()
    try {
      const added = [archive, ...packages, `@grpc/grpc-js@${version}`, "esbuild@0.25"]
      const installed = await project.run("npm", "install", ...added)
      expect(installed.stderr).not.toMatch(/ERESOLVE|peer/)
      await project.write("main.mjs", program)
      const started = performance.now()
      const expected = { code: 0, stdout: `${JSON.stringify(all)}\n`, stderr: "" }
      expect(await project.run(process.execPath, "main.mjs")).toEqual(expected)
      // A connection that is not made keeps a process for two minutes.
      expect(performance.now() - started).toBeLessThan(20_000)
      expect(await project.run(...bundled)).toMatchObject({ code: 0 })
      expect(await project.run(process.execPath, "bundle/main.mjs")).toEqual(expected)
    } finally {
      await project.remove()
    }
  })
})

describe("a project without it", () => {
  it("is told what to install, or what needs nothing, and is bundled all the same", async () => {
    const project = await EmptyProject.make()
    try {
      await project.run("npm", "install", archive, ...packages, "esbuild@0.25")
      await project.write(
        "main.mjs",
        `
        import { MetricsService } from "@parametric-portal/server/observe/metrics"
        import { Telemetry } from "@parametric-portal/server/observe/telemetry"
        import { Effect, Layer } from "effect"
        const live = Telemetry.Default.pipe(Layer.provide(MetricsService.Default))
        const error = await Effect.runPromise(Effect.flip(Effect.scoped(Layer.build(live))))
        console.log(error._tag, error.message)
      `
      )
      const said =
        "TelemetryPeerMissing OTLP over gRPC needs the package @grpc/grpc-js, which could not be loaded. Install all that it " +
        "needs: npm install @opentelemetry/api@1.9 @opentelemetry/resources@2.12 @opentelemetry/sdk-metrics@2.12 " +
        "@opentelemetry/otlp-transformer@0.223 @grpc/grpc-js@1.14. Or use the protocol http/protobuf, at port 4318 of a " +
        "collector, which needs no other package\n"
      const run = (file: string) => project.run("env", "OTEL_EXPORTER_OTLP_PROTOCOL=grpc", process.execPath, file)
      expect(await run("main.mjs")).toEqual({ code: 0, stdout: said, stderr: "" })
      expect(await project.run(...bundled)).toMatchObject({ code: 0 })
      expect(await run("bundle/main.mjs")).toEqual({ code: 0, stdout: said, stderr: "" })
    } finally {
      await project.remove()
    }
  })
})

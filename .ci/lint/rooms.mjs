/**
 * Who may import whom, as data. A layer is a folder, together with the file of the same name beside it, which is its
 * public entry: `observe/catalogue` is `catalogue.ts` and all of `catalogue/`. The deepest layer that holds a file is
 * the file's. `imports` names the layers it may import besides itself, `packages` the outside packages (`effect` stands
 * for `effect` and everything below it, `*` for any), `workspace` the packages of this repository.
 *
 * A file under a `closed` folder that is in no layer is an error: decide where it belongs and add it here.
 */

const observe = "packages/server/src/observe"
const infra = "packages/server/src/infra"
const jobServer = "packages/job-server/src"

const optionalPeersOfCluster = [
  "@effect/cluster",
  "@effect/platform",
  "@effect/platform-node",
  "@effect/rpc",
  "@effect/sql"
]

const optionalPeersOfJobs = [...optionalPeersOfCluster, "@effect/experimental"]

const core = ["catalogue", "instrument", "track"]

const inInfra = (folder, imports, packages) => ({
  folder: `${infra}/${folder}`,
  imports: [...core, "metrics", ...imports],
  packages: ["effect", ...packages]
})

const jobsParts = ["definition", "store", "submit", "runner"]

const infraLayers = {
  decorator: inInfra("decorator", [], []),
  // The entry imports the folders below it, and they the files beside them: options, errors, what is recorded.
  jobs: inInfra(
    "jobs",
    jobsParts.map((part) => `jobs/${part}`),
    optionalPeersOfJobs
  ),
  "jobs/definition": inInfra("jobs/definition", ["jobs"], []),
  "jobs/store": inInfra("jobs/store", ["jobs", "jobs/definition"], optionalPeersOfJobs),
  "jobs/submit": inInfra("jobs/submit", ["jobs", "jobs/definition", "jobs/store"], optionalPeersOfJobs),
  "jobs/runner": inInfra("jobs/runner", ["jobs", "jobs/definition", "jobs/store", "jobs/submit"], optionalPeersOfJobs),
  // The API alone is for scripts: it loads neither the jobs nor the page.
  "jobs-page": {
    ...inInfra("jobs-page", ["jobs", "jobs/definition", "jobs/store"], ["@effect/platform"]),
    workspace: ["@parametric-portal/dashboard/page-files"]
  },
  workflow: inInfra("workflow", ["decorator"], ["@effect/workflow"]),
  http: inInfra("http", ["decorator"], ["@effect/platform"]),
  sql: inInfra("sql", ["decorator"], ["@effect/sql"]),
  rpc: inInfra("rpc", ["decorator"], ["@effect/rpc"]),
  server: inInfra("server", ["runtime", "http", "sql", "rpc"], ["@effect/platform", "@effect/rpc", "@effect/sql"]),
  // The entry imports the folders below it, and they the files beside them: options, errors, deliveries, bound series.
  cluster: inInfra(
    "cluster",
    ["cron", "entity", "sharding", "storage", "shards", "peers", "runner"].map((part) => `cluster/${part}`),
    optionalPeersOfCluster
  ),
  "cluster/cron": inInfra("cluster/cron", ["cluster"], optionalPeersOfCluster),
  "cluster/entity": inInfra("cluster/entity", ["cluster", "cluster/cron"], optionalPeersOfCluster),
  "cluster/sharding": inInfra("cluster/sharding", ["decorator", "cluster", "cluster/entity"], optionalPeersOfCluster),
  "cluster/storage": inInfra("cluster/storage", ["decorator", "cluster"], optionalPeersOfCluster),
  "cluster/shards": inInfra("cluster/shards", ["decorator", "cluster", "cluster/storage"], optionalPeersOfCluster),
  "cluster/peers": inInfra("cluster/peers", ["decorator", "cluster"], optionalPeersOfCluster),
  "cluster/runner": inInfra(
    "cluster/runner",
    ["cluster", "cluster/sharding", "cluster/storage", "cluster/shards", "cluster/peers"],
    [...optionalPeersOfCluster, "node"]
  )
}

export const closed = ["packages/server/src"]

export const layers = {
  // Without Effect: an edition for another major of it takes these folders as they are.
  catalogue: { folder: `${observe}/catalogue`, imports: [], packages: [] },
  points: { folder: `${observe}/collect/points`, imports: ["catalogue"], packages: [] },
  text: { folder: `${observe}/prometheus/text`, imports: ["points"], packages: [] },
  instrument: { folder: `${observe}/instrument`, imports: ["catalogue"], packages: ["effect"] },
  track: { folder: `${observe}/track`, imports: ["catalogue", "instrument"], packages: ["effect"] },
  metrics: { folder: `${observe}/metrics`, imports: core, packages: ["effect"] },
  testing: {
    folder: `${observe}/testing`,
    imports: [...core, "metrics", "points", "text", "collect"],
    packages: ["effect"]
  },
  "testing/collector": {
    folder: `${observe}/testing/collector`,
    imports: ["catalogue", "testing"],
    packages: ["effect", "node"]
  },
  collect: { folder: `${observe}/collect`, imports: [...core, "metrics", "points"], packages: ["effect", "node"] },
  config: {
    folder: `${observe}/config`,
    imports: ["catalogue", "instrument", "points", "collect"],
    packages: ["effect", "node"]
  },
  otlp: {
    folder: `${observe}/otlp`,
    imports: [...core, "metrics", "points", "collect", "config"],
    packages: ["effect", "@grpc/grpc-js", "@opentelemetry", "node"]
  },
  signals: {
    folder: `${observe}/signals`,
    imports: ["catalogue", "instrument", "metrics", "collect", "config", "otlp"],
    packages: ["effect", "@effect/opentelemetry", "@effect/platform", "@opentelemetry"]
  },
  prometheus: {
    folder: `${observe}/prometheus`,
    imports: [...core, "metrics", "points", "text", "collect", "config"],
    packages: ["effect", "@effect/platform", "node"]
  },
  runtime: { folder: `${observe}/runtime`, imports: [...core, "metrics"], packages: ["effect", "node"] },
  pool: { folder: `${observe}/pool`, imports: [...core, "metrics"], packages: ["effect"] },
  cache: { folder: `${observe}/cache`, imports: [...core, "metrics"], packages: ["effect"] },
  telemetry: {
    folder: `${observe}/telemetry`,
    imports: ["instrument", "metrics", "points", "collect", "config", "otlp", "signals", "prometheus"],
    packages: ["effect"]
  },
  ...infraLayers,
  "server's tests": {
    folder: "packages/server/test",
    imports: [
      ...core,
      "metrics",
      "testing",
      "testing/collector",
      "points",
      "text",
      "collect",
      "config",
      "otlp",
      "signals",
      "prometheus",
      "runtime",
      "pool",
      "cache",
      "telemetry",
      ...Object.keys(infraLayers),
      "figures"
    ],
    packages: ["*"],
    workspace: ["@parametric-portal/server", "@parametric-portal/dashboard", "@parametric-portal/receivers"]
  },
  // What each figure has to reach: pages of the project name them, and a test reads those.
  figures: { folder: "packages/server/bench/figures", imports: ["server's benchmarks"], packages: [] },
  "server's benchmarks": {
    folder: "packages/server/bench",
    imports: [
      ...core,
      "metrics",
      "testing",
      "collect",
      "config",
      "otlp",
      "signals",
      "prometheus",
      "runtime",
      "telemetry",
      ...Object.keys(infraLayers),
      "server's tests",
      "figures"
    ],
    packages: ["*"],
    workspace: ["@parametric-portal/server", "@parametric-portal/dashboard"]
  },
  "monitoring's tests": {
    folder: "packages/monitoring/test",
    imports: ["monitoring"],
    packages: ["*"],
    workspace: ["@parametric-portal/server", "@parametric-portal/monitoring", "@parametric-portal/receivers"]
  },
  monitoring: {
    folder: "packages/monitoring",
    imports: [],
    packages: ["*"],
    workspace: ["@parametric-portal/server/observe/catalogue"]
  },
  receivers: { folder: "packages/receivers", imports: [], packages: ["*"] },
  "dashboard's receiver": { folder: "packages/dashboard/src/receiver", imports: [], packages: ["*"] },
  // What goes over the wire: the page and the server both import it.
  "dashboard's protocol": { folder: "packages/dashboard/src/protocol", imports: [], packages: [] },
  // Published by itself: whoever serves the page needs nothing but Node for it.
  "dashboard's page files": { folder: "packages/dashboard/src/page-files", imports: [], packages: ["node"] },
  "dashboard's page": {
    folder: "packages/dashboard/src/page",
    imports: ["dashboard's protocol"],
    packages: ["preact", "@preact/signals", "uplot"],
    workspace: ["@parametric-portal/server/infra/jobs-page/api", "@parametric-portal/server/observe/catalogue"]
  },
  "dashboard's live": {
    folder: "packages/dashboard/src/live",
    imports: ["dashboard's receiver", "dashboard's protocol", "dashboard's page files"],
    packages: ["*"],
    workspace: ["@parametric-portal/server/observe/catalogue"]
  },
  dashboard: {
    folder: "packages/dashboard",
    imports: [
      "dashboard's receiver",
      "dashboard's protocol",
      "dashboard's page files",
      "dashboard's live",
      "dashboard's page"
    ],
    packages: ["*"],
    workspace: ["@parametric-portal/dashboard"]
  },
  "dashboard's tests": {
    folder: "packages/dashboard/test",
    imports: [
      "dashboard's receiver",
      "dashboard's protocol",
      "dashboard's page files",
      "dashboard's live",
      "dashboard's page",
      "dashboard"
    ],
    packages: ["*"],
    workspace: ["@parametric-portal/dashboard", "@parametric-portal/server"]
  },
  "job-server's command line": { folder: `${jobServer}/command-line`, imports: [], packages: ["effect", "node"] },
  "job-server's server": {
    folder: `${jobServer}/server`,
    imports: [],
    packages: ["*"],
    workspace: ["@parametric-portal/server"]
  },
  "job-server's audit": {
    folder: `${jobServer}/audit`,
    imports: ["job-server's server"],
    packages: ["*"],
    workspace: ["@parametric-portal/server", "@parametric-portal/dashboard"]
  },
  "job-server's admin": {
    folder: `${jobServer}/admin`,
    imports: ["job-server's command line", "job-server's server"],
    packages: ["effect", "@effect/platform", "@effect/platform-node", "node"],
    workspace: ["@parametric-portal/server", "@parametric-portal/dashboard"]
  },
  "job-server's demo": {
    folder: `${jobServer}/demo`,
    imports: ["job-server's command line", "job-server's server", "job-server's audit", "job-server's admin"],
    packages: ["*"],
    workspace: ["@parametric-portal/server", "@parametric-portal/dashboard"]
  },
  // Recorded beside the demo for the pictures of the dashboards.
  "job-server's shop": {
    folder: `${jobServer}/shop`,
    imports: ["job-server's server"],
    packages: ["*"],
    workspace: ["@parametric-portal/server"]
  },
  "job-server's tests": {
    folder: "packages/job-server/test",
    imports: [
      "job-server's command line",
      "job-server's server",
      "job-server's audit",
      "job-server's admin",
      "job-server's demo",
      "job-server's shop",
      "job-server"
    ],
    packages: ["*"],
    workspace: ["@parametric-portal/server", "@parametric-portal/dashboard", "@parametric-portal/receivers"]
  },
  "job-server": {
    folder: "packages/job-server",
    imports: [
      "job-server's command line",
      "job-server's server",
      "job-server's audit",
      "job-server's admin",
      "job-server's demo",
      "job-server's shop"
    ],
    packages: ["*"],
    workspace: ["@parametric-portal/server", "@parametric-portal/dashboard"]
  },
  examples: { folder: "examples", imports: [], packages: ["*"], workspace: ["@parametric-portal/server"] },
  "examples' tests": {
    folder: "examples/test",
    imports: ["examples"],
    packages: ["*"],
    workspace: ["@parametric-portal/server", "@parametric-portal/dashboard"]
  }
}

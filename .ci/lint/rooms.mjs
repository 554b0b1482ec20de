/**
 * Who may import whom, as data. Paths are relative to the repository, a trailing slash means the folder.
 *
 * A file belongs to the first room that lists it: what no other room of `observe` lists is a part of `instrument`, which
 * may import the least. `rooms` names the rooms it may import besides its own, `packages` the
 * outside packages (`effect` stands for `effect` and everything below it, `*` for any). A file under a `closed` folder
 * that no room lists is an error: decide where it belongs and add it here.
 */

const observe = "packages/server/src/observe/"
const infra = "packages/server/src/infra/"

const inObserve = (...names) => names.flatMap((name) => [`${observe}${name}.ts`, `${observe}${name}/`])

const optionalPeersOfInfra = [
  "@effect/cluster",
  "@effect/experimental",
  "@effect/platform",
  "@effect/platform-node",
  "@effect/rpc",
  "@effect/sql",
  "@effect/workflow"
]

export const closed = ["packages/server/src/"]

export const rooms = {
  words: {
    files: inObserve("label", "outcome", "boundaries", "definition-error"),
    rooms: [],
    packages: ["effect"]
  },
  catalogue: {
    files: inObserve("catalogue"),
    rooms: ["words"],
    packages: ["effect"]
  },
  metrics: {
    files: inObserve("metrics"),
    rooms: ["words", "catalogue", "instrument"],
    packages: ["effect"]
  },
  testing: {
    files: inObserve("testing"),
    rooms: ["words", "catalogue", "instrument", "metrics"],
    packages: ["effect"]
  },
  collection: {
    files: (
      "collect distribution drop family foreign foreign-definition own-points pause point service-collector " +
      "summary unit"
    )
      .split(" ")
      .map((name) => `${observe}telemetry/${name}.ts`),
    rooms: ["words", "catalogue", "instrument", "metrics"],
    packages: ["effect", "node"]
  },
  prometheus: {
    files: inObserve("prometheus"),
    rooms: ["words", "catalogue", "instrument", "metrics", "collection"],
    packages: ["effect", "@effect/platform", "node"]
  },
  telemetry: {
    files: inObserve("telemetry"),
    rooms: ["words", "catalogue", "instrument", "metrics", "collection", "prometheus"],
    packages: ["effect", "@effect/opentelemetry", "@effect/platform", "@opentelemetry", "node"]
  },
  infra: {
    files: [infra],
    rooms: ["words", "catalogue", "instrument", "metrics"],
    packages: ["effect", ...optionalPeersOfInfra]
  },
  instrument: {
    files: [observe],
    rooms: ["words", "catalogue"],
    packages: ["effect"]
  },
  proofs: {
    files: ["packages/server/test/", "packages/server/bench/"],
    rooms: ["words", "catalogue", "instrument", "metrics", "testing", "collection", "telemetry", "prometheus", "infra"],
    packages: ["*"],
    workspace: ["@parametric-portal/server", "@parametric-portal/dashboard"]
  },
  "monitoring's tests": {
    files: ["packages/monitoring/test/"],
    rooms: ["monitoring"],
    packages: ["*"],
    workspace: ["@parametric-portal/server", "@parametric-portal/monitoring"]
  },
  monitoring: {
    files: ["packages/monitoring/"],
    rooms: [],
    packages: ["*"],
    workspace: ["@parametric-portal/server/observe/catalogue"]
  },
  dashboard: {
    files: ["packages/dashboard/"],
    rooms: [],
    packages: ["*"],
    workspace: ["@parametric-portal/dashboard"]
  },
  "job-server": {
    files: ["packages/job-server/"],
    rooms: [],
    packages: ["*"],
    workspace: ["@parametric-portal/server", "@parametric-portal/dashboard"]
  }
}

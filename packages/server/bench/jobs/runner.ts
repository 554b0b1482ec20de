/** One runner of a cluster in a process of its own: `runner.js <url of the database> <port>`. */
import * as RunnerAddress from "@effect/cluster/RunnerAddress"
import * as NodeClusterHttp from "@effect/platform-node/NodeClusterHttp"
import * as Option from "effect/Option"
import { openOn, postgres } from "./ours.ts"
import type { Runner } from "./queue.ts"

/** What a runner is told: to submit so many jobs, to start to run jobs, or to stop that. */
export type Order = { readonly submit: number } | "start" | "stop"

/** What a runner has done since its start: it says so every few milliseconds while it runs. */
export interface Done {
  readonly handled: number
  readonly written: number
}

// It ends with the benchmark, however that ends.
process.once("disconnect", () => process.exit())

const [, , url = "", port = "0"] = process.argv

const cluster = NodeClusterHttp.layer({
  transport: "http",
  storage: "sql",
  runnerHealth: "ping",
  shardingConfig: {
    runnerAddress: Option.some(RunnerAddress.make("127.0.0.1", Number(port))),
    shardsPerGroup: 60,
    refreshAssignmentsInterval: "1 second"
  }
})
const queue = await openOn({ database: postgres(url), cluster })

let runner: Runner | undefined
let handled = 0
let ticking: NodeJS.Timeout | undefined

const tell = async (): Promise<void> => {
  const written = (await runner?.countWritten?.()) ?? 0
  process.send?.({ handled, written } satisfies Done)
}

const start = async (): Promise<void> => {
  handled = 0
  runner = await queue.run(() => {
    handled += 1
  })
  ticking = setInterval(() => void tell(), 5)
}

const stop = async (): Promise<void> => {
  clearInterval(ticking)
  await runner?.stop()
  await tell()
  process.send?.("stopped")
}

process.on("message", (order: Order) => {
  if (order === "start") {
    void start()
  } else if (order === "stop") {
    void stop()
  } else {
    void queue.submitMany({ from: 0, jobs: order.submit }).then(() => process.send?.("submitted"))
  }
})
process.send?.("ready")

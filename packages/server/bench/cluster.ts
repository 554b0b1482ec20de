/** What the cluster layer costs a message: the same runner of `@effect/cluster` with and without it, in turns. */
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import path from "node:path"
import * as UpstreamSingleRunner from "@effect/cluster/SingleRunner"
import type * as Sharding from "@effect/cluster/Sharding"
import * as UpstreamTestRunner from "@effect/cluster/TestRunner"
import * as SqliteClient from "@effect/sql-sqlite-node/SqliteClient"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as ManagedRuntime from "effect/ManagedRuntime"
import { SingleRunner, TestRunner } from "../src/infra/cluster.ts"
import type { MetricsService } from "../src/observe/metrics.ts"
import * as Testing from "../src/observe/testing.ts"
import { answers, EchoLive, send } from "./cluster/messages.ts"
import { claim, interleave, medians, ratio, type Result, type Rounds, type Subject } from "./harness.ts"

// In memory one processor is busy all the time: its time is the throughput. Storing is waiting as well.
const inMemory: Rounds = { rounds: 40, batchMs: 250, warmups: 10 }
const onSqlite: Rounds = { rounds: 40, batchMs: 250, warmups: 10, clock: "wall" }

type Tag = "Said" | "Kept"

const subject = (
  name: string,
  tag: Tag,
  runner: Layer.Layer<Sharding.Sharding, unknown, MetricsService>
): Subject & { readonly end: () => Promise<void> } => {
  const runtime = ManagedRuntime.make(
    EchoLive.pipe(
      Layer.provideMerge(runner),
      Layer.provideMerge(Testing.layer()),
      Layer.provide(Logger.remove(Logger.defaultLogger))
    )
  )
  let sent = 0
  return {
    name,
    run: async (messages) => {
      const before = answers(tag)
      await runtime.runPromise(send(tag, { from: sent, messages }))
      sent += messages
      claim(`${name}: answered`, answers(tag) - before, messages)
    },
    check: async (messages) => {
      const snapshot = await runtime.runPromise(Testing.snapshot)
      const received = Object.entries(snapshot).filter(([text]) => text.startsWith("cluster_messages_received_total{"))
      const counted = received.reduce((sum, [, value]) => sum + Number(value), 0)
      claim(`${name}: counted`, counted, name === "watched" ? messages : 0)
    },
    end: () => runtime.dispose()
  }
}

type Runners = ReadonlyArray<readonly [string, Parameters<typeof subject>[2]]>

const compare = async (tag: Tag, runners: Runners, rounds: Rounds) => {
  const subjects = runners.map(([name, runner]) => subject(name, tag, runner))
  const samples = await interleave(subjects, rounds)
  for (const { end } of subjects) await end()
  return samples
}

/** Measures the `cluster_*` figures: messages a second without the layer and with it. */
export const measure = async (): Promise<ReadonlyArray<Result>> => {
  const runners: Runners = [
    ["plain", UpstreamTestRunner.layer],
    ["watched", TestRunner.layer]
  ]
  const memory = await compare("Said", runners, inMemory)
  const folder = mkdtempSync(path.join(tmpdir(), "bench-cluster-"))
  const sqlite = (file: string) => SqliteClient.layer({ filename: path.join(folder, file) })
  const storing: Runners = [
    ["plain", Layer.provide(UpstreamSingleRunner.layer(), sqlite("plain.db"))],
    ["watched", Layer.provide(SingleRunner.layer(), sqlite("watched.db"))]
  ]
  const stored = await compare("Kept", storing, onSqlite)
  rmSync(folder, { recursive: true })
  return [
    ratio("cluster_memory_overhead", memory, { of: "watched", to: "plain" }),
    ratio("cluster_sqlite_overhead", stored, { of: "watched", to: "plain" }),
    ...medians("cluster in memory", memory),
    ...medians("cluster on SQLite", stored)
  ]
}

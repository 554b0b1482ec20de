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
import * as Predicate from "effect/Predicate"
import { SingleRunner, TestRunner } from "@parametric-portal/server/infra/cluster"
import type { MetricsService } from "@parametric-portal/server/observe/metrics"
import * as Testing from "@parametric-portal/server/observe/testing"
import { answers, EchoLive, send } from "./cluster/messages.ts"
import { claim, interleave, medians, pairedRatio, type Result, type Rounds, type Subject } from "./harness.ts"

// The figures are throughputs. Many short rounds: one differs from the next by more than what is measured, so that the
// median of 40 on SQLite is off by one or two hundredths.
const inMemory: Rounds = { rounds: 80, batchMs: 40, warmups: 30, clock: "wall" }
const onSqlite: Rounds = { rounds: 100, batchMs: 100, warmups: 20, clock: "wall" }

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
      claim(`${name}: counted`, counted, watched.includes(name) ? messages : 0)
    },
    end: () => runtime.dispose()
  }
}

type Runner = Parameters<typeof subject>[2]

// Two of each, so that neither is always made first nor always runs after the same one.
const watched = ["watched", "watched, the second"]
const plain = ["plain", "plain, the second"]
const order = [watched[0], ...plain, watched[1]].filter(Predicate.isNotUndefined)

const compare = async (tag: Tag, rounds: Rounds, runner: (name: string, isWatched: boolean) => Runner) => {
  const subjects = order.map((name) => subject(name, tag, runner(name, watched.includes(name))))
  const samples = await interleave(subjects, rounds)
  for (const { end } of subjects) {
    await end()
  }
  return samples
}

/** Measures the `cluster_*` figures: messages a second without the layer and with it. */
export const measure = async (): Promise<ReadonlyArray<Result>> => {
  const memory = await compare("Said", inMemory, (_, isWatched) =>
    isWatched ? TestRunner.layer : UpstreamTestRunner.layer
  )
  const folder = mkdtempSync(path.join(tmpdir(), "bench-cluster-"))
  const stored = await compare("Kept", onSqlite, (name, isWatched) =>
    Layer.provide(
      isWatched ? SingleRunner.layer() : UpstreamSingleRunner.layer(),
      SqliteClient.layer({ filename: path.join(folder, `${name}.db`) })
    )
  )
  rmSync(folder, { recursive: true })
  return [
    pairedRatio("cluster_memory_overhead", memory, { of: watched, to: plain }),
    pairedRatio("cluster_sqlite_overhead", stored, { of: watched, to: plain }),
    ...medians("cluster in memory", memory),
    ...medians("cluster on SQLite", stored)
  ]
}

/** Where the jobs of the demo run: in this process, or in several of their own. */
import type { SqlClient } from "@effect/sql/SqlClient"
import type { JobService } from "@parametric-portal/server/infra/jobs"
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type { Scope } from "effect/Scope"
import { mkdtemp, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import path from "node:path"
import { BadArgument, type DemoOptions } from "./arguments.ts"
import { type Runner, startFleet } from "../server/runner-processes.ts"
import { killAfterExport } from "./kill-runner.ts"
import { Ledger, readLedger } from "../audit/event-log.ts"
import { startPostgres } from "../server/postgres.ts"
import type { WatchedReceiver } from "./receiver.ts"
import type { Recorded } from "./result.ts"
import { say, type Screen } from "./screen.ts"
import { clientServer, singleServer } from "../server/layers.ts"

/** The server can't be built as its surroundings are: a variable is malformed, a database is out of reach. */
export class CannotStart extends Data.TaggedError("CannotStart")<{ readonly message: string }> {}

/** Where jobs run, seen from where they are submitted. */
export interface Host {
  readonly layer: Layer.Layer<JobService | SqlClient, CannotStart>
  /** Kills a runner in the middle of its work, if that was asked for. */
  readonly midway: Effect.Effect<void>
  /** The names of the processes that live. */
  readonly alive: Effect.Effect<ReadonlyArray<string>>
  /** Ends what runs besides the layer, and tells what every process wrote down. */
  readonly end: Effect.Effect<ReadonlyArray<Recorded>>
}

export interface HostOptions {
  readonly receiver: WatchedReceiver
  readonly screen: Screen
}

export const startHost = (options: DemoOptions, surroundings: HostOptions) =>
  options.runners === 1 ? singleHost(surroundings) : fleetHost(options, surroundings)

const singleHost = ({ receiver }: HostOptions) =>
  Effect.map(temporaryFolder, (folder): Host => {
    const ledger = new Ledger()
    const name = "server"
    return {
      layer: startable(singleServer({ name, url: receiver.url, ledger }, path.join(folder, "jobs.db"))),
      midway: Effect.void,
      alive: Effect.succeed([name]),
      end: Effect.sync(() => [{ name, isRunner: true, wasKilled: false, entries: ledger.entries }])
    }
  })

const fleetHost = ({ isKilling, runners: count }: DemoOptions, { receiver, screen }: HostOptions) =>
  Effect.gen(function* () {
    const folder = yield* temporaryFolder
    yield* say(screen, `Starting PostgreSQL and ${count} runners.`)
    const database = yield* startPostgres
    const { url } = receiver
    const fleet = yield* startFleet({ count, url, database, folder, screen })
    yield* say(screen, `They run: ${fleet.map(({ name, pid }) => `${name} is process ${pid}`).join(", ")}.`)
    const ledger = new Ledger()
    const front = { name: "front", isRunner: false, wasKilled: false, entries: ledger.entries }
    const victim = isKilling ? fleet.at(-1) : undefined
    const killed = new Set<Runner>()
    const host: Host = {
      layer: startable(clientServer({ name: front.name, url, ledger }, database)),
      midway:
        victim === undefined
          ? Effect.void
          : Effect.zipRight(
              killAfterExport(victim, { receiver, screen }),
              Effect.sync(() => killed.add(victim))
            ),
      alive: Effect.sync(() => [front, ...fleet.filter((runner) => !killed.has(runner))].map(({ name }) => name)),
      end: Effect.gen(function* () {
        yield* Effect.forEach(fleet, ({ stop }) => stop, { concurrency: "unbounded", discard: true })
        const runners = yield* Effect.forEach(fleet, (runner) =>
          Effect.map(readLedger(runner.ledger), (entries): Recorded => {
            return { name: runner.name, isRunner: true, wasKilled: killed.has(runner), entries }
          })
        )
        return [front, ...runners]
      })
    }
    return host
  }).pipe(Effect.mapError(({ message }) => new BadArgument({ message: `--runners is ${count}: ${message}` })))

const startable = <A, R>(layer: Layer.Layer<A, { readonly message: string }, R>) =>
  Layer.mapError(layer, ({ message }) => new CannotStart({ message: `The server can't start: ${message}` }))

const temporaryFolder: Effect.Effect<string, never, Scope> = Effect.acquireRelease(
  Effect.promise(() => mkdtemp(path.join(tmpdir(), "job-server-"))),
  (made) => Effect.promise(() => rm(made, { recursive: true, force: true }))
)

/** Watches transactions: how many are under way, and how each ended. One within another is a savepoint, and is left alone. */
import * as SqlClient from "@effect/sql/SqlClient"
import * as Effect from "effect/Effect"
import * as Predicate from "effect/Predicate"
import { failedOutcome } from "../../observe/catalogue/outcome.ts"
import { bind } from "../../observe/instrument/bind.ts"
import { Bindings } from "../../observe/instrument/bindings.ts"
import type { Series } from "../../observe/instrument/series.ts"
import type { Meter } from "../../observe/instrument/meter.ts"
import type { MetricsService } from "../../observe/metrics.ts"
import { type Ending, type Start, type Tracker, trackWith } from "../../observe/track/watch.ts"

/** What is known of a transaction on its way. */
interface Progress {
  /** What runs in it has succeeded: it is committed now, and that is not interrupted. */
  hasSucceeded: boolean
}

/** Tracks the transactions of one client. */
export class TransactionTracker implements Tracker<Progress> {
  readonly site = "sql transaction"
  readonly meter: Meter
  private readonly metrics: MetricsService
  private readonly labels: { readonly db_system_name: string }
  private readonly active: Bindings<Series>
  private readonly durations: Bindings<Series>

  constructor(metrics: MetricsService, system: string) {
    this.meter = metrics.meter
    this.metrics = metrics
    this.labels = { db_system_name: system }
    this.active = new Bindings(metrics.meter)
    this.durations = new Bindings(metrics.meter)
    this.activeUnder([])
  }

  begin(progress: Progress, start: Start): Ending {
    const { ambient } = start
    const active = this.activeUnder(ambient)
    active.add(1)
    return {
      ended: (ended, seconds) => {
        active.add(-1)
        // An interruption that comes during COMMIT is the fiber's, not the transaction's.
        const outcome = ended._tag === "interrupted" && progress.hasSucceeded ? undefined : failedOutcome(ended)
        const branch = this.durations.under(ambient).at(outcome)
        branch.bound ??= bind(this.metrics.db.transactionDuration, { ...this.labels, outcome }, ambient)
        branch.bound.record(seconds, start)
      }
    }
  }

  // It is there, at 0, before the first transaction.
  private activeUnder(ambient: Start["ambient"]): Series {
    const branch = this.active.under(ambient)
    branch.bound ??= bind(this.metrics.db.transactionsActive, this.labels, ambient)
    return branch.bound
  }
}

/** Runs within a transaction of this client already. */
export const isInTransaction = (client: SqlClient.SqlClient): Effect.Effect<boolean> => {
  const key = transactionKeyOf(client)
  return Effect.contextWith((context) => context.unsafeMap.has(key))
}

// The driver of libSQL keeps its transactions under a tag of its own, which it does not export; all others share one.
const transactionKeyOf = (client: SqlClient.SqlClient): string =>
  Predicate.hasProperty(client, Symbol.for("@effect/sql-libsql/LibsqlClient"))
    ? "@effect/sql-libsql/LibsqlClient/LibsqlTransaction"
    : SqlClient.TransactionConnection.key

/** Runs an effect in a transaction of the client, watched. */
export const watchTransaction = <A, E, R>(
  client: SqlClient.SqlClient,
  self: Effect.Effect<A, E, R>,
  tracker: TransactionTracker
) =>
  Effect.flatMap(isInTransaction(client), (isNested) => {
    if (isNested) {
      return client.withTransaction(self)
    }
    const progress: Progress = { hasSucceeded: false }
    return trackWith(client.withTransaction(observed(self, progress)), tracker, progress)
  })

const observed = <A, E, R>(self: Effect.Effect<A, E, R>, progress: Progress): Effect.Effect<A, E, R> =>
  Effect.suspend(() => {
    progress.hasSucceeded = false
    return Effect.map(self, (value) => {
      progress.hasSucceeded = true
      return value
    })
  })

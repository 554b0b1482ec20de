/** Watches transactions: how many are under way, and how each ended. One within another is a savepoint, and is left alone. */
import * as SqlClient from "@effect/sql/SqlClient"
import * as Effect from "effect/Effect"
import { failedOutcome } from "../../observe/catalogue/outcome.ts"
import { bind } from "../../observe/instrument/bind.ts"
import { Bindings } from "../../observe/instrument/bindings.ts"
import type { Series } from "../../observe/instrument/series.ts"
import type { Meter } from "../../observe/instrument/meter.ts"
import type { MetricsService } from "../../observe/metrics.ts"
import { type Ending, type Start, type Tracker, trackWith } from "../../observe/track/watch.ts"

/** Tracks the transactions of one client. */
export class TransactionTracker implements Tracker<undefined> {
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

  begin(_: undefined, { ambient }: Start): Ending {
    const active = this.activeUnder(ambient)
    active.add(1)
    return {
      ended: (outcome, seconds) => {
        active.add(-1)
        const branch = this.durations.under(ambient).at(failedOutcome(outcome))
        branch.bound ??= bind(
          this.metrics.db.transactionDuration,
          { ...this.labels, outcome: failedOutcome(outcome) },
          ambient
        )
        branch.bound.record(seconds)
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

/** Runs within a transaction already. */
export const isInTransaction: Effect.Effect<boolean> = Effect.map(
  Effect.serviceOption(SqlClient.TransactionConnection),
  ({ _tag }) => _tag === "Some"
)

/** A transaction, watched. */
export const watchTransaction = <A, E, R>(
  transaction: Effect.Effect<A, E, R>,
  tracker: TransactionTracker
): Effect.Effect<A, E, R> =>
  Effect.flatMap(isInTransaction, (isNested) => (isNested ? transaction : trackWith(transaction, tracker, undefined)))

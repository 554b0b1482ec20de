/** Times statements: one series for what they do and how they ended. */
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import type { Outcome } from "../../observe/catalogue/outcome.ts"
import { success } from "../../observe/catalogue/outcome.ts"
import { bind } from "../../observe/instrument/bind.ts"
import { Bindings } from "../../observe/instrument/bindings.ts"
import type { Series } from "../../observe/instrument/series.ts"
import type { MetricsService } from "../../observe/metrics.ts"
import { ofCause, ofExit } from "../../observe/track/outcome-of.ts"
import { type Start, Watch, type Watcher, watchWith } from "../../observe/track/watch.ts"
import { attempt } from "../../observe/catalogue/attempt.ts"
import { errorType } from "./error-type.ts"
import { type Operation, operationOf, otherOperation } from "./operation.ts"
import { maxLength } from "./tokens.ts"

// Where texts differ each time, with values in them, what is known is forgotten now and then.
const maxKnown = 1_000

/** Times the statements of one client. */
export class StatementTimer {
  private readonly metrics: MetricsService
  private readonly system: string
  private readonly hasCollections: boolean
  private readonly bindings: Bindings<Series>
  private readonly known = new Map<string, Watcher>()

  constructor(metrics: MetricsService, system: string, hasCollections: boolean) {
    this.metrics = metrics
    this.system = system
    this.hasCollections = hasCollections
    this.bindings = new Bindings(metrics.meter)
  }

  /** The effect of a statement that runs now, timed; `text` may throw. */
  time<A, E, R>(effect: Effect.Effect<A, E, R>, text: () => string): Effect.Effect<A, E, R> {
    return watchWith(effect, this.watcherOf(text))
  }

  /** The stream of a statement, timed from its start until it ends, fails, or is left. */
  timeStream<A, E, R>(stream: Stream.Stream<A, E, R>, text: () => string): Stream.Stream<A, E, R> {
    return Stream.unwrapScoped(
      Effect.withFiberRuntime((fiber) => {
        const watch = new Watch(this.watcherOf(text), fiber)
        let own: Outcome | undefined
        return Effect.as(
          // What fails further down is not the statement's failure: whoever reads has left the stream.
          Effect.addFinalizer((exit) =>
            Effect.sync(() => {
              const outcome = ofExit(exit)
              watch.end(own ?? (outcome._tag === "interrupted" ? outcome : success))
            })
          ),
          Stream.tapErrorCause(stream, (cause) =>
            Effect.sync(() => {
              own = ofCause(cause)
            })
          )
        )
      })
    )
  }

  private watcherOf(text: () => string): Watcher {
    const sql = attempt(text)
    if (sql === undefined) {
      return this.watcher(otherOperation)
    }
    const known = this.known.get(sql)
    if (known !== undefined) {
      return known
    }
    const made = this.watcher(this.metrics.meter.guard(site, () => operationOf(sql, this.system)) ?? otherOperation)
    if (sql.length <= maxLength) {
      if (this.known.size >= maxKnown) {
        this.known.clear()
      }
      this.known.set(sql, made)
    }
    return made
  }

  private watcher(operation: Operation): Watcher {
    return {
      site,
      meter: this.metrics.meter,
      ended: (outcome, seconds, start) =>
        this.series(operation, errorType(outcome), start.ambient).record(seconds, start)
    }
  }

  private series({ collection: found, name }: Operation, error: string | undefined, ambient: Start["ambient"]): Series {
    const collection = this.hasCollections ? found : undefined
    const branch = this.bindings.under(ambient).at(name).at(collection).at(error)
    branch.bound ??= bind(
      this.metrics.db.clientOperationDuration,
      {
        db_system_name: this.system,
        db_operation_name: name,
        db_collection_name: collection,
        error_type: error
      },
      ambient
    )
    return branch.bound
  }
}

const site = "sql statement"

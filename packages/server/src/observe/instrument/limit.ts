/** How many series a metric may have. */
import * as Either from "effect/Either"
import type { Row } from "../catalogue.ts"
import { DefinitionError } from "./definition-error.ts"

/** How many series a metric may have, the overflow series included: for all metrics, and for single ones by name. */
export interface LimitOptions {
  readonly default?: number
  readonly metrics?: Readonly<Record<string, number>>
}

/** The limit of series of a metric for which none is given, as OpenTelemetry's SDKs have it. */
export const defaultLimit = 2000

/** The limit that options give to a metric; undefined where they give none. */
export const limitOf = (row: Row, limits: LimitOptions = {}): Either.Either<number | undefined, DefinitionError> => {
  const limit = limits.metrics?.[row.name] ?? limits.default
  return limit === undefined || (Number.isInteger(limit) && limit >= 2)
    ? Either.right(limit)
    : Either.left(
        new DefinitionError({
          reason: "Limit",
          metric: row.name,
          given: String(limit),
          expected: "a whole number of at least 2: one series and the overflow series",
          fix: "raise the limit"
        })
      )
}

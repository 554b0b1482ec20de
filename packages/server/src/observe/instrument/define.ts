/** Rows become handles. */
import * as Either from "effect/Either"
import type { Rows } from "../catalogue.ts"
import type { DefinitionError } from "./definition-error.ts"
import type { HandlesOf, Instrument } from "./instrument.ts"
import type { DefineOptions, Meter } from "./meter.ts"

/** The handles of a namespace of rows; the first row that can't be defined fails it. */
export const handlesOf = <const Rs extends Rows>(
  meter: Meter,
  rows: Rs,
  options: DefineOptions
): Either.Either<HandlesOf<Rs>, DefinitionError> =>
  Either.map(
    Either.all(
      Object.entries(rows).map(([handle, row]) =>
        Either.map(meter.define(row, options), (instrument) => [handle, instrument.handle] as const)
      )
    ),
    (handles) => typed<Rs>(Object.fromEntries(handles))
  )

// An instrument makes its handle from its row: the kind and unit that `HandleOf` reads choose the same input and state
// there, and the label names are those of the row.
const typed = <Rs extends Rows>(handles: Record<string, Instrument["handle"]>): HandlesOf<Rs> =>
  // oxlint-disable-next-line typescript/consistent-type-assertions
  handles as unknown as HandlesOf<Rs>

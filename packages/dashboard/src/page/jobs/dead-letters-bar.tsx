/** What can be done with several dead letters: those that are selected, or all that match. */
import { deleteLetters, type Letters, manyKey, replayMany } from "./actions.ts"
import { Action } from "./button.tsx"
import type { ListQuery } from "./list-query.ts"
import type { Selection } from "./selection.ts"
import type { Summary } from "./shapes.ts"
import { countText } from "./time.ts"
import { sumOf } from "./types-table.tsx"

export interface DeadLettersBarProps {
  readonly query: ListQuery
  readonly summary: Summary | undefined
  readonly selection: Selection
  readonly clear: () => void
}

export const DeadLettersBar = ({ clear, query: { type }, selection, summary }: DeadLettersBarProps) => {
  const selected: Letters = { selection: { ids: [...selection] }, count: selection.size, type }
  const count = sumOf(summary?.types.filter(({ jobType }) => type === undefined || jobType === type) ?? [], "dead")
  const all: Letters = {
    selection: { ...(type === undefined ? {} : { type }), before: summary?.now ?? 0, expected: count },
    count,
    type
  }
  return (
    <div class="row letters">
      {selection.size > 0 ? (
        <Choice of={selected} name={`${countText(selection.size)} selected`} clear={clear} />
      ) : (
        <Choice of={all} name={`All ${countText(count)}${type === undefined ? "" : " of this type"}`} clear={clear} />
      )}
    </div>
  )
}

const Choice = ({ clear, name, of }: { readonly of: Letters; readonly name: string; readonly clear: () => void }) => (
  <>
    <b>{name}</b>
    <Action action={manyKey} isDisabled={of.count === 0} run={() => replayMany(of, clear)}>
      Replay …
    </Action>
    <Action action={manyKey} class="danger" isDisabled={of.count === 0} run={() => deleteLetters(of, clear)}>
      Delete …
    </Action>
  </>
)

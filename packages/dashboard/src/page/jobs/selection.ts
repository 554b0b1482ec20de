/** Which rows are chosen. */
export type Selection = ReadonlySet<string>

export const toggled = (selection: Selection, id: string): Selection =>
  selection.has(id) ? new Set([...selection].filter((one) => one !== id)) : new Set([...selection, id])

/** All of them, or none where all are. */
export const allToggled = (selection: Selection, ids: ReadonlyArray<string>): Selection =>
  ids.every((id) => selection.has(id)) ? new Set() : new Set(ids)

/** What is still there of it; the same one where all is. */
export const kept = (selection: Selection, ids: ReadonlyArray<string>): Selection => {
  const there = new Set(ids)
  const rest = [...selection].filter((id) => there.has(id))
  return rest.length === selection.size ? selection : new Set(rest)
}

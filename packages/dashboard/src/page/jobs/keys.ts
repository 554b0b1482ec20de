/** The keys of the screens of jobs. */

import type { Key } from "../keyboard.ts"

/** What the screens do with keys that are not about rows. */
export interface KeyActions {
  readonly refresh: () => void
  readonly clear: () => void
}

/** The keys; the arrows move only once a row has the focus, else they scroll. */
export const jobsKeys = ({ clear, refresh }: KeyActions): ReadonlyArray<Key> => [
  { key: "j", does: "next job", run: () => move(1) },
  { key: "k", does: "previous job", run: () => move(-1) },
  { key: "ArrowDown", run: () => currentRow() !== undefined && move(1) },
  { key: "ArrowUp", run: () => currentRow() !== undefined && move(-1) },
  {
    key: "x",
    does: "select the dead letter",
    run: () => currentRow()?.querySelector<HTMLElement>("[data-select]")?.click()
  },
  { key: "r", does: "refresh", run: refresh },
  { key: "Escape", does: "clear the selection", run: clear }
]

/** The rows that keys move through: each link to a job in a list. */
const links = (): ReadonlyArray<HTMLElement> => [...document.querySelectorAll<HTMLElement>("[data-row]")]

/** The row of a job that has the focus. */
const currentRow = (): Element | undefined => {
  const row = document.activeElement?.closest("tr")
  return links().some((link) => row?.contains(link)) ? (row ?? undefined) : undefined
}

const move = (step: number): void => {
  const all = links()
  const at = all.findIndex((link) => currentRow()?.contains(link))
  all[at < 0 ? 0 : Math.min(Math.max(at + step, 0), all.length - 1)]?.focus()
}

/** The keys of the screens of jobs. */

/** A key, and what it does, for the list of all keys. */
export interface Key {
  /** As `KeyboardEvent.key` names it. */
  readonly key: string
  /** Absent where it is another way to do the same. */
  readonly does?: string
  /** Gives `false` where there was nothing to do, so that the browser goes on. */
  readonly run: () => unknown
}

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

const isTyping = (target: EventTarget | null): boolean =>
  target instanceof HTMLElement && target.matches("select, textarea, input:not([type=checkbox]), [contenteditable]")

/** Acts on a key, unless somebody types or a dialog is open. */
export const onKey = (event: KeyboardEvent, keys: ReadonlyArray<Key>): void => {
  const hasModifier = event.ctrlKey || event.metaKey || event.altKey
  if (event.defaultPrevented || hasModifier || isTyping(event.target)) {
    return
  }
  if (document.querySelector("dialog[open]") !== null) {
    return
  }
  const found = keys.find(({ key }) => key === event.key)
  if (found !== undefined && found.run() !== false) {
    event.preventDefault()
  }
}

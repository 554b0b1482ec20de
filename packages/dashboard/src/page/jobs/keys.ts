/** The keys of the screens of jobs. */

/** For the list of all keys. */
export const jobsKeys: ReadonlyArray<readonly [keys: string, does: string]> = [
  ["j k", "next or previous job (in the list also ↓ ↑)"],
  ["Enter", "open the job"],
  ["x", "select the dead letter"],
  ["Esc", "clear the selection, close a dialog"],
  ["r", "refresh"]
]

/** The rows that keys move through: each link to a job in a list. */
const links = (): ReadonlyArray<HTMLElement> => [...document.querySelectorAll<HTMLElement>("[data-row]")]

const isTyping = (target: EventTarget | null): boolean =>
  target instanceof HTMLElement && target.matches("select, textarea, input:not([type=checkbox]), [contenteditable]")

/** What the screens do with keys that are not only about the focus. */
export interface KeyActions {
  readonly refresh: () => void
  readonly clear: () => void
}

/** Acts on a key, unless somebody types or a dialog is open. */
export const onKey = (event: KeyboardEvent, actions: KeyActions): void => {
  if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) {
    return
  }
  if (document.querySelector("dialog[open]") !== null) {
    return
  }
  const row = document.activeElement?.closest("tr")
  const isInList = links().some((link) => row?.contains(link))
  if (event.key === "j" || (event.key === "ArrowDown" && isInList)) {
    move(1, row)
  } else if (event.key === "k" || (event.key === "ArrowUp" && isInList)) {
    move(-1, row)
  } else if (event.key === "x") {
    row?.querySelector<HTMLElement>("[data-select]")?.click()
  } else if (event.key === "r") {
    actions.refresh()
  } else if (event.key === "Escape") {
    actions.clear()
    return
  } else {
    return
  }
  event.preventDefault()
}

const move = (step: number, row: Element | null | undefined): void => {
  const all = links()
  const at = all.findIndex((link) => row?.contains(link))
  all[at < 0 ? 0 : Math.min(Math.max(at + step, 0), all.length - 1)]?.focus()
}

/** Where a long list stands on the screen, while the page is scrolled, and which of its rows is the current one. */
import { useSignal } from "@preact/signals"
import { useEffect, useLayoutEffect, useRef } from "preact/hooks"
import { useKeys } from "../keyboard.ts"
import { rowWindow, scrollTo } from "./row-window.ts"

/** The height of the header of the list, which sticks to the top. */
const sticking = 34

interface ListOptions {
  readonly count: number
  readonly rowHeight: number
  /** What Enter does with a row. */
  readonly onEnter: (row: number) => void
  /** What the arrows to the left and to the right do. */
  readonly onOpen: (row: number, isOpen: boolean) => void
}

export const useListPosition = ({ count, onEnter, onOpen, rowHeight }: ListOptions) => {
  const list = useRef<HTMLDivElement>(null)
  const place = useSignal({ top: 160, screenHeight: innerHeight })
  const current = useSignal(-1)
  const isToFocus = useRef(false)
  const measure = (): void => {
    const top = list.current?.getBoundingClientRect().top ?? place.peek().top
    if (top !== place.peek().top || innerHeight !== place.peek().screenHeight) {
      place.value = { top, screenHeight: innerHeight }
    }
  }
  useLayoutEffect(measure)
  useEffect(() => {
    addEventListener("scroll", measure, { passive: true })
    addEventListener("resize", measure)
    return () => {
      removeEventListener("scroll", measure)
      removeEventListener("resize", measure)
    }
  }, [])
  useEffect(() => {
    const row = list.current?.querySelector(`[data-row="${current.value}"]`)
    if (isToFocus.current && row instanceof HTMLElement) {
      isToFocus.current = false
      row.focus({ preventScroll: true })
    }
  })
  const move = (by: number): void => {
    current.value = Math.min(count - 1, Math.max(0, current.value + by))
    isToFocus.current = true
    scrollBy(0, scrollTo(current.value, { ...place.value, count, rowHeight }, sticking))
  }
  const isInList = (): boolean => list.current?.contains(document.activeElement) ?? false
  const inList = (run: () => void) => () => (isInList() ? run() : false)
  useKeys([
    { key: "j", does: "next row, also ↓", run: () => move(1) },
    { key: "k", does: "row before, also ↑", run: () => move(-1) },
    { key: "ArrowDown", run: inList(() => move(1)) },
    { key: "ArrowUp", run: inList(() => move(-1)) },
    { key: "Enter", does: "open the row", run: inList(() => onEnter(current.value)) },
    { key: "ArrowRight", does: "show its series", run: inList(() => onOpen(current.value, true)) },
    { key: "ArrowLeft", does: "hide them", run: inList(() => onOpen(current.value, false)) }
  ])
  return { list, current, ...rowWindow({ ...place.value, count, rowHeight }) }
}

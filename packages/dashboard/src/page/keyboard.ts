/** Keys of screens. They never fire while somebody types, with a modifier, or behind a dialog. */
import { signal } from "@preact/signals"
import { useLayoutEffect, useRef } from "preact/hooks"

export interface Key {
  /** As `KeyboardEvent.key` names it. */
  readonly key: string
  /** What it does, for the list of keys. Without it the key is not listed: another way to do the same. */
  readonly does?: string
  /** Returns `false` if there was nothing to do, so that the browser goes on. */
  readonly run: () => unknown
}

/** The keys of what is shown, of the latest first. */
export const boundKeys = signal<ReadonlyArray<() => ReadonlyArray<Key>>>([])

/** Binds keys as long as a component is shown. */
export const useKeys = (keys: ReadonlyArray<Key>): void => {
  const latest = useRef(keys)
  latest.current = keys
  useLayoutEffect(() => {
    const own = () => latest.current
    boundKeys.value = [own, ...boundKeys.peek()]
    return () => {
      boundKeys.value = boundKeys.peek().filter((one) => one !== own)
    }
  }, [])
}

/** A box that is ticked takes no letters. */
const isTyping = (target: EventTarget | null): boolean =>
  target instanceof HTMLElement &&
  (target.isContentEditable || target.matches("input:not([type=checkbox]), textarea, select"))

/** Keys that a focused button or link has of its own. */
const isOfControl = ({ key, target }: KeyboardEvent): boolean =>
  (key === "Enter" || key === " ") && target instanceof HTMLElement && /^(A|BUTTON|SUMMARY)$/.test(target.tagName)

addEventListener("keydown", (event) => {
  const hasModifier = event.ctrlKey || event.metaKey || event.altKey
  if (event.defaultPrevented || hasModifier || isTyping(event.target) || isOfControl(event)) {
    return
  }
  if (document.querySelector("dialog[open]") !== null) {
    return
  }
  const found = boundKeys.value.flatMap((keys) => keys()).find(({ key }) => key === event.key)
  if (found !== undefined && found.run() !== false) {
    event.preventDefault()
  }
})

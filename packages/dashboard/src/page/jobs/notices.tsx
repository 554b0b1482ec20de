/** What actions did, in a corner of the page and for screen readers. */
import { signal } from "@preact/signals"
import type { ComponentChildren } from "preact"
import { Text } from "./text.tsx"

/** A message, and what takes the action back. */
interface Notice {
  readonly key: number
  readonly text: string
  readonly isProblem: boolean
  readonly undo: Undo | undefined
}

/** What takes an action back. */
export interface Undo {
  readonly label: string
  readonly run: () => void
}

const notices = signal<ReadonlyArray<Notice>>([])
let last = 0

const dismiss = (key: number): void => {
  notices.value = notices.value.filter((notice) => notice.key !== key)
}

const show = (notice: Omit<Notice, "key">): number => {
  last += 1
  notices.value = [...notices.value.slice(-2), { ...notice, key: last }]
  return last
}

/** Says what was done; it goes by itself, later where it can be undone. */
export const say = (text: string, undo?: Undo): void => {
  const key = show({ text, isProblem: false, undo })
  setTimeout(() => dismiss(key), undo === undefined ? 10_000 : 30_000)
}

/** Says why something was not done; it stays until it is dismissed. */
export const complain = (text: string): void => void show({ text, isProblem: true, undo: undefined })

/** The last three, below what else is to be seen there. */
export const Notices = ({ children }: { readonly children: ComponentChildren }) => (
  <div class="notices" role="status" aria-label="What was done">
    {children}
    {notices.value.map(({ isProblem, key, text, undo }) => (
      <div key={key} class={isProblem ? "notice bad" : "notice"}>
        <span>
          <Text text={text} />
        </span>
        {undo !== undefined && (
          <button
            onClick={() => {
              dismiss(key)
              undo.run()
            }}
          >
            {undo.label}
          </button>
        )}
        <button class="quiet" aria-label="Dismiss" onClick={() => dismiss(key)}>
          ×
        </button>
      </div>
    ))}
  </div>
)

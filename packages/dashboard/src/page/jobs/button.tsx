/** A button of an action: disabled while the action runs, and deaf to the second click of a double one. */
import type { ComponentChildren } from "preact"
import { isRunning } from "./run.ts"

export interface ActionProps {
  readonly action: string
  readonly run: () => void
  readonly class?: string
  /** Where the text alone does not say what it is about. */
  readonly label?: string
  readonly isDisabled?: boolean
  readonly children: ComponentChildren
}

export const Action = ({ action, run, label, isDisabled = false, children, class: look }: ActionProps) => (
  <button
    class={look}
    aria-label={label}
    disabled={isDisabled || isRunning(action)}
    onClick={(event) => event.detail < 2 && run()}
  >
    {children}
  </button>
)

/** Asks before something that can't be taken back. */
import { visibleText } from "../text/visible-text.ts"
import { signal } from "@preact/signals"
import { useEffect, useRef, useState } from "preact/hooks"
import { Text } from "./text.tsx"

/** A question, and what is done when the answer is yes. */
export interface Question {
  readonly title: string
  readonly text: string
  /** What the button that does it says, and the one that does not. */
  readonly yes: string
  readonly no: string
  readonly isDangerous: boolean
  /** One of these is to be typed first. */
  readonly typed?: ReadonlyArray<string>
  readonly run: () => void
}

const question = signal<Question | undefined>(undefined)

/** Asks it. */
export const confirm = (asked: Question): void => {
  question.value = asked
}

/** The dialog, where something is asked. */
export const Confirmation = () => (question.value === undefined ? null : <Dialog asked={question.value} />)

const Dialog = ({ asked }: { readonly asked: Question }) => {
  const dialog = useRef<HTMLDialogElement>(null)
  const [text, setText] = useState("")
  const needs = asked.typed
  const mayRun = needs === undefined || needs.includes(text.trim())
  useEffect(() => {
    const before = document.activeElement
    dialog.current?.showModal()
    return () => {
      const isThere = before instanceof HTMLElement && before.isConnected && before !== document.body
      ;(isThere ? before : document.getElementById("main"))?.focus()
    }
  }, [])
  const close = () => {
    question.value = undefined
  }
  const submit = (event: Event) => {
    event.preventDefault()
    if (mayRun && question.value === asked) {
      close()
      asked.run()
    }
  }
  return (
    <dialog ref={dialog} class="ask" aria-labelledby="ask-title" aria-describedby="ask-text" onClose={close}>
      <form onSubmit={submit}>
        <h2 id="ask-title">{visibleText(asked.title)}</h2>
        <p id="ask-text">
          <Text text={asked.text} />
        </p>
        {needs !== undefined && (
          <label>
            <span>
              Type {needs.map((word, index) => [index > 0 && " or ", <b key={word}>{visibleText(word)}</b>])} to go on
            </span>
            <input value={text} onInput={(event) => setText(event.currentTarget.value)} autoFocus autocomplete="off" />
          </label>
        )}
        <div class="row end">
          <button type="button" onClick={() => dialog.current?.close()} autoFocus={needs === undefined}>
            {asked.no}
          </button>
          <button type="submit" class={asked.isDangerous ? "danger" : "primary"} disabled={!mayRun}>
            {asked.yes}
          </button>
        </div>
      </form>
    </dialog>
  )
}

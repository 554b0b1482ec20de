/** Copies a text; where the browser does not allow it, selects it instead. */
import { useRef, useState } from "preact/hooks"

export const Copyable = ({ text, name }: { readonly text: string; readonly name: string }) => {
  const element = useRef<HTMLElement>(null)
  const [said, setSaid] = useState("")
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(text)
      setSaid("Copied")
    } catch {
      if (element.current !== null) {
        getSelection()?.selectAllChildren(element.current)
      }
      setSaid("Selected: copy it with your keyboard")
    }
    setTimeout(() => setSaid(""), 3000)
  }
  return (
    <span class="row">
      <bdi class="mono" ref={element}>
        {text}
      </bdi>
      <button class="quiet" onClick={() => void copy()}>
        Copy {name}
      </button>
      <span role="status" class="muted">
        {said}
      </span>
    </span>
  )
}

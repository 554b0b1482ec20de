/** What to do so that metrics arrive; it gives way to them by itself. */
import { useSignal } from "@preact/signals"
import { useRef } from "preact/hooks"
import { configuration } from "../configuration.ts"

export const Setup = () => {
  const lines = configuration.value?.setup ?? []
  const text = useRef<HTMLPreElement>(null)
  const said = useSignal("Copy")
  const copy = async (): Promise<void> => {
    try {
      await navigator.clipboard.writeText(lines.join("\n"))
      said.value = "Copied"
    } catch {
      // Without TLS the clipboard can't be had: what is to be copied is selected instead.
      getSelection()?.selectAllChildren(text.current ?? document.body)
      said.value = "Selected: copy it with your keyboard"
    }
    setTimeout(() => (said.value = "Copy"), 3000)
  }
  return (
    <section class="card setup" aria-labelledby="setup">
      <h2 id="setup">No metrics yet</h2>
      <p>
        Start a program with these variables. Anything that exports metrics with OpenTelemetry will do, and what arrives
        is shown here at once.
      </p>
      <pre ref={text} tabIndex={0}>
        {lines.join("\n")}
      </pre>
      <button type="button" onClick={() => void copy()}>
        {said}
      </button>
    </section>
  )
}

/** The list of keys, in a dialog. */
import { useEffect, useRef } from "preact/hooks"
import { boundKeys, type Key } from "../keyboard.ts"

const names = new Map([
  ["Escape", "Esc"],
  ["ArrowRight", "→"],
  ["ArrowLeft", "←"]
])

/** Those of the frame stand last, whichever part of the page was there first. */
const isOfFrame = ({ key }: Key): boolean => /^[\d?]$/.test(key)

export const KeyList = ({ onClose }: { readonly onClose: () => void }) => {
  const dialog = useRef<HTMLDialogElement>(null)
  useEffect(() => dialog.current?.showModal(), [])
  const keys = boundKeys.value
    .flatMap((one) => one())
    .filter(({ does }) => does !== undefined)
    .sort((one, other) => Number(isOfFrame(one)) - Number(isOfFrame(other)))
  return (
    <dialog ref={dialog} aria-labelledby="keys" onClose={onClose}>
      <h2 id="keys">Keys</h2>
      <dl class="keys">
        {keys.map(({ does, key }) => (
          <div key={`${key} ${does}`}>
            <dt>
              <kbd>{names.get(key) ?? key}</kbd>
            </dt>
            <dd>{does}</dd>
          </div>
        ))}
      </dl>
      <form method="dialog">
        <button type="submit">Close</button>
      </form>
    </dialog>
  )
}

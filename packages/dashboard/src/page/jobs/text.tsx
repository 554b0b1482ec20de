/** Texts that others wrote, and times, in the page. */
import { visibleLines, visibleText } from "../text/visible-text.ts"
import { isoText, localText, relativeText } from "./time.ts"

/** So much of a text stands in a list; the rest is on the job's own screen. */
const shownInList = 300

/** A text of others, as text whatever it holds, and apart from the direction of what is around it. */
export const Cut = ({ text }: { readonly text: string }) => {
  const cut = visibleText(text.length > shownInList ? `${text.slice(0, shownInList)}…` : text)
  return (
    <bdi class="cut" title={cut}>
      {cut}
    </bdi>
  )
}

/** A text of others in full. */
export const Text = ({ class: look, text }: { readonly text: string; readonly class?: string }) => (
  <bdi class={look}>{visibleLines(text)}</bdi>
)

/** What stands where there is no answer yet. */
export const loadingText = (isFailing: boolean): string => (isFailing ? "Nothing could be loaded." : "Loading …")

/** How long ago, with the exact time at hand. */
export const Ago = ({ at, now }: { readonly at: number; readonly now: number }) => (
  <time dateTime={isoText(at)} title={`${localText(at)} · ${isoText(at)}`}>
    {relativeText(at, now)}
  </time>
)

/** The short form of an id: enough to tell one from another, with all of it at hand. */
export const shortId = (id: string): string => (id.length > 20 ? `${id.slice(0, 8)}…${id.slice(-6)}` : id)

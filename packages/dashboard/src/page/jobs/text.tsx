/** Texts that others wrote, and times, in the page. */
import { isoText, localText, relativeText } from "./time.ts"

/** Characters that are not seen, or that reorder what is around them: a name could look like another with them. */
// oxlint-disable-next-line no-control-regex -- these are what is looked for
const unseen = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/g

/** A text with those as their codes, such as `⟨202E⟩`. */
export const plain = (text: string): string =>
  text.replace(unseen, (found) => `⟨${found.charCodeAt(0).toString(16).toUpperCase().padStart(4, "0")}⟩`)

/** So much of a text stands in a list; the rest is on the job's own screen. */
const shownInList = 300

/** A text of others, as text whatever it holds, and apart from the direction of what is around it. */
export const Cut = ({ text }: { readonly text: string }) => {
  const cut = plain(text.length > shownInList ? `${text.slice(0, shownInList)}…` : text)
  return (
    <bdi class="cut" title={cut}>
      {cut}
    </bdi>
  )
}

/** A text of others in full. */
export const Text = ({ class: look, text }: { readonly text: string; readonly class?: string }) => (
  <bdi class={look}>{plain(text)}</bdi>
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

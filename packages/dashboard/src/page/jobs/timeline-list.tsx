/** A job's timeline as a list. */
import { visibleLines } from "../text/visible-text.ts"
import type { JobView } from "./shapes.ts"
import { isoText, localText, durationText, relativeText } from "./time.ts"
import { Text } from "./text.tsx"
import { type Event, timelineOf } from "./timeline.ts"

export const TimelineList = ({ job, now }: { readonly job: JobView; readonly now: number }) => {
  const events = timelineOf(job)
  const lastFailure = events.findLastIndex(({ text }) => text !== undefined)
  return (
    <ol class="timeline">
      {events.map((event, index) => (
        <Item
          key={`${index} ${event.kind}`}
          event={event}
          now={now}
          before={events.slice(0, index).findLast(({ at }) => at !== undefined)?.at}
          isOpen={index === lastFailure}
        />
      ))}
    </ol>
  )
}

interface ItemProps {
  readonly event: Event
  readonly now: number
  /** When what stands above it happened. */
  readonly before: number | undefined
  readonly isOpen: boolean
}

const Item = ({ before, event: { at, text, title, tone }, isOpen, now }: ItemProps) => (
  <li class={tone}>
    <Text class="title" text={title} />
    {at !== undefined && (
      <time class="muted" dateTime={isoText(at)} title={isoText(at)}>
        {localText(at)} · {relativeText(at, now)}
        {before !== undefined && at > before && tone !== "next" && ` · after ${durationText(at - before)}`}
      </time>
    )}
    {text !== undefined && text !== "" && <ErrorText text={text} isOpen={isOpen} />}
  </li>
)

/** So much is shown without a click. */
const shortText = 160

const ErrorText = ({ isOpen, text }: { readonly text: string; readonly isOpen: boolean }) => {
  const [first = ""] = text.split("\n", 1)
  if (first === text && text.length <= shortText) {
    return (
      <p class="error" dir="auto">
        {visibleLines(text)}
      </p>
    )
  }
  return (
    <details open={isOpen}>
      <summary>
        <Text text={`${first.slice(0, shortText)} …`} />
      </summary>
      <pre tabIndex={0} dir="auto">
        {visibleLines(text)}
      </pre>
    </details>
  )
}

/** A job's timeline as a list. */
import type { JobView } from "./shapes.ts"
import { isoText, localText, durationText, relativeText } from "./time.ts"
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
    <bdi class="title">{title}</bdi>
    {at !== undefined && (
      <time class="muted" dateTime={isoText(at)} title={isoText(at)}>
        {localText(at)} · {relativeText(at, now)}
        {before !== undefined && at > before && tone !== "next" && ` · after ${durationText(at - before)}`}
      </time>
    )}
    {text !== undefined && text !== "" && (
      <details open={isOpen}>
        <summary>Error</summary>
        <pre tabIndex={0} dir="auto">
          {text}
        </pre>
      </details>
    )}
  </li>
)

/** Whether the server is there, the time range of charts, and the pause. */
import { useKeys } from "../keyboard.ts"
import { caughtUp, pause, paused, range, ranges, resume, setRange, status } from "../live/live.ts"
import { formatCount, formatTime } from "../text/quantity.ts"

const Connection = () => {
  const now = status.value
  const late = caughtUp.value
  return (
    <p role="status" class={`connection ${now.kind}`}>
      {now.kind === "connecting"
        ? "Connecting …"
        : now.kind === "live"
          ? late === undefined
            ? `Live since ${formatTime(now.since)}`
            : `${formatCount(late, "point")} came during the pause`
          : `Connection lost at ${formatTime(now.since)}. Is the server running? Trying again …`}
    </p>
  )
}

export const LiveControls = () => {
  const isPaused = paused.value !== undefined
  const toggle = isPaused ? resume : pause
  useKeys([{ key: "p", does: "pause, and go on", run: toggle }])
  return (
    <>
      <Connection />
      <fieldset class="range">
        <legend class="hidden">Minutes that charts show</legend>
        {ranges.map((minutes) => (
          <button key={minutes} type="button" aria-pressed={range.value === minutes} onClick={() => setRange(minutes)}>
            {minutes}
          </button>
        ))}
        <span class="muted">min</span>
      </fieldset>
      <button type="button" class={isPaused ? "pause on" : "pause"} onClick={toggle}>
        {isPaused ? `Resume · ${formatCount(paused.value?.points ?? 0, "new point")}` : "Pause"}
      </button>
    </>
  )
}

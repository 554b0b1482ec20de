/** How far a job says that it is. */
import type { JobView } from "./shapes.ts"
import { Cut } from "./text.tsx"

export const Progress = ({ progress }: { readonly progress: NonNullable<JobView["progress"]> }) => {
  const percent = Math.round(Math.min(Math.max(progress.ratio, 0), 1) * 100)
  return (
    <span class="progress">
      <progress value={percent} max={100} aria-label="Progress" />
      <span>{percent} %</span>
      {progress.note !== undefined && <Cut text={progress.note} />}
    </span>
  )
}

/** A time with its day, and in UTC at hand. */
import { isoText, localText } from "../jobs/time.ts"

export const Moment = ({ at }: { readonly at: number }) => (
  <time dateTime={isoText(at)} title={isoText(at)}>
    {localText(at)}
  </time>
)

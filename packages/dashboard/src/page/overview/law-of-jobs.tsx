/** The law of jobs in words and numbers: every job that was accepted is somewhere. */
import type { Law } from "../../protocol/live.ts"
import { formatNumber, formatTime } from "../text/quantity.ts"

const Term = ({ name, value }: { readonly name: string; readonly value: number }) => (
  <div class="term">
    <dt>{name}</dt>
    <dd>{formatNumber(value)}</dd>
  </div>
)

const Sign = ({ text }: { readonly text: string }) => (
  <span class="sign" aria-hidden="true">
    {text}
  </span>
)

export const LawOfJobs = ({ law }: { readonly law: Law }) => {
  const { accepted, before, cancelled, completed, dead, differsSince, held, replayed } = law
  const difference = accepted + replayed + (before ?? 0) - (completed + cancelled + dead + held)
  const isOff = differsSince !== undefined
  return (
    <section class={isOff ? "card law off" : "card law"} aria-labelledby="law">
      <h2 id="law">
        Every job is somewhere <small>accepted + replayed = completed + cancelled + dead + held</small>
      </h2>
      <div class="terms">
        <dl>
          <Term name="accepted" value={accepted} />
          <Term name="replayed" value={replayed} />
          {before !== undefined && <Term name="held before" value={before} />}
        </dl>
        <Sign text={isOff ? "≠" : "="} />
        <dl>
          <Term name="completed" value={completed} />
          <Term name="cancelled" value={cancelled} />
          <Term name="dead" value={dead} />
          <Term name="held" value={held} />
        </dl>
      </div>
      {isOff && (
        <p role="alert">
          {difference > 0
            ? `${formatNumber(difference)} unaccounted for`
            : `${formatNumber(-difference)} more than were accepted`}
          {` since ${formatTime(differsSince)}, with nothing under way. A killed process takes with it what it had not exported.`}
        </p>
      )}
    </section>
  )
}

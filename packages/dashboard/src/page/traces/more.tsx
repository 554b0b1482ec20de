/** A long list, the first of which are shown until somebody wants more. */
import { useState } from "preact/hooks"
import type { ComponentChildren } from "preact"
import { formatCount } from "../text/quantity.ts"

const step = 300

interface MoreProps<A> {
  readonly of: ReadonlyArray<A>
  /** What one is called. */
  readonly what: string
  readonly children: (one: A, index: number) => ComponentChildren
}

export const More = <A,>({ children, of, what }: MoreProps<A>) => {
  const [most, setMost] = useState(step)
  const left = of.length - most
  return (
    <>
      <ol class="trace-rows">{of.slice(0, most).map(children)}</ol>
      {left > 0 && (
        <p>
          {formatCount(left, what)} more.{" "}
          <button type="button" onClick={() => setMost(most + step)}>
            Show more
          </button>
        </p>
      )}
    </>
  )
}

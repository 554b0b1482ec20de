/** Random programs: what callers do with jobs, by itself or in transactions, and what befalls the runners meanwhile. */
import * as FastCheck from "effect/FastCheck"
import type { Priority } from "../../../../src/infra/jobs.ts"
import { type Behaviour, behaviours } from "./work.ts"

export interface Submission {
  readonly behaviour: Behaviour
  readonly priority: Priority
  readonly dedupeKey: string | undefined
  readonly uniqueKey: string | undefined
  readonly delayMs: number
  readonly maxAttempts: number | undefined
  readonly timeoutMs: number | undefined
}

/** What a caller does. */
export type Call =
  | ({ readonly _tag: "submit" } & Submission)
  | { readonly _tag: "submitMany"; readonly behaviours: ReadonlyArray<Behaviour>; readonly isKeyed: boolean }
  | { readonly _tag: "cancel" | "replay"; readonly nth: number }
  | { readonly _tag: "purge" | "pause" | "resume" }

/** How a transaction ends: in the last two its connection is lost at the commit, before it or after it. */
export const endings = ["commit", "rollback", "die", "interrupt", "commitBefore", "commitAfter"] as const
export type Ending = (typeof endings)[number]

export type Step =
  | Call
  | { readonly _tag: "transaction"; readonly calls: ReadonlyArray<Call>; readonly ending: Ending }
  /** At the same time. */
  | { readonly _tag: "together"; readonly calls: ReadonlyArray<Call> }
  | { readonly _tag: "pass"; readonly ms: number }
  /** To a runner, or, where there is no such runner, to the caller. */
  | { readonly _tag: "restart" | "cut" | "loseAnswer"; readonly which: number }
  /** Its connections hang for so long. */
  | { readonly _tag: "freeze"; readonly which: number; readonly ms: number }

const behaviour = FastCheck.constantFrom(...behaviours)

const submission = FastCheck.record({
  behaviour,
  priority: FastCheck.constantFrom("critical" as const, "high" as const, "normal" as const, "low" as const),
  dedupeKey: FastCheck.constantFrom(undefined, undefined, undefined, "a", "b"),
  uniqueKey: FastCheck.constantFrom(undefined, undefined, undefined, undefined, "u", "v"),
  delayMs: FastCheck.constantFrom(0, 0, 0, 70, 300),
  maxAttempts: FastCheck.constantFrom(undefined, undefined, 1, 2),
  timeoutMs: FastCheck.constantFrom(undefined, undefined, 60)
})

const call: FastCheck.Arbitrary<Call> = FastCheck.oneof(
  { weight: 8, arbitrary: submission.map((given) => ({ _tag: "submit" as const, ...given })) },
  {
    weight: 2,
    arbitrary: FastCheck.record({
      _tag: FastCheck.constant("submitMany" as const),
      behaviours: FastCheck.array(behaviour, { minLength: 1, maxLength: 12 }),
      isKeyed: FastCheck.boolean()
    })
  },
  {
    weight: 6,
    arbitrary: FastCheck.record({
      _tag: FastCheck.constantFrom("cancel" as const, "cancel" as const, "replay" as const),
      nth: FastCheck.nat(40)
    })
  },
  {
    weight: 1,
    arbitrary: FastCheck.record({ _tag: FastCheck.constantFrom("purge" as const, "pause" as const, "resume" as const) })
  }
)

const calls = FastCheck.array(call, { minLength: 1, maxLength: 5 })

/** Programs; `isViolent` ones have runners that lose their connections and are restarted. */
export const programs = (isViolent: boolean): FastCheck.Arbitrary<ReadonlyArray<Step>> =>
  FastCheck.array(
    FastCheck.oneof(
      { weight: 6, arbitrary: call },
      {
        weight: 5,
        arbitrary: FastCheck.record({
          _tag: FastCheck.constant("transaction" as const),
          calls,
          ending: FastCheck.constantFrom("commit" as const, "commit" as const, ...endings)
        })
      },
      { weight: 3, arbitrary: FastCheck.record({ _tag: FastCheck.constant("together" as const), calls }) },
      {
        weight: 4,
        arbitrary: FastCheck.record({
          _tag: FastCheck.constant("pass" as const),
          ms: FastCheck.constantFrom(0, 10, 40, 150)
        })
      },
      {
        weight: isViolent ? 3 : 0,
        arbitrary: FastCheck.record({
          _tag: FastCheck.constantFrom(
            "restart" as const,
            "cut" as const,
            "loseAnswer" as const,
            "loseAnswer" as const
          ),
          which: FastCheck.nat(2)
        })
      },
      {
        weight: isViolent ? 1 : 0,
        arbitrary: FastCheck.record({
          _tag: FastCheck.constant("freeze" as const),
          which: FastCheck.nat(1),
          ms: FastCheck.constantFrom(200, 1700)
        })
      }
    ),
    { minLength: 5, maxLength: 30, size: "max" }
  )

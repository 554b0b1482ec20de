/** What several users share: the first opens it, the last closes it. */
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as GlobalValue from "effect/GlobalValue"
import * as Scope from "effect/Scope"

interface Held {
  users: number
  readonly value: unknown
  readonly scope: Scope.CloseableScope
}

/**
 * Opens what has this name in an owner, or holds what is open there already, until the scope closes. Opening must not wait
 * for anything, and what has one name has one type.
 */
export const held = <A>(
  owner: object,
  name: string,
  open: Effect.Effect<A, never, Scope.Scope>
): Effect.Effect<A, never, Scope.Scope> =>
  Effect.map(
    Effect.acquireRelease(
      Effect.gen(function* () {
        const parts = partsOf(owner)
        const found = parts.get(name)
        if (found !== undefined) {
          found.users += 1
          return found
        }
        const scope = yield* Scope.make()
        const made = { users: 1, value: yield* Scope.extend(open, scope), scope }
        parts.set(name, made)
        return made
      }),
      (found) => {
        found.users -= 1
        if (found.users > 0) {
          return Effect.void
        }
        partsOf(owner).delete(name)
        return Scope.close(found.scope, Exit.void)
      }
    ),
    // oxlint-disable-next-line typescript/consistent-type-assertions -- what has one name in one owner was opened by one function
    ({ value }) => value as A
  )

const partsOf = (owner: object): Map<string, Held> => {
  const parts = all.get(owner) ?? new Map<string, Held>()
  all.set(owner, parts)
  return parts
}

const all = GlobalValue.globalValue(
  Symbol.for("@parametric-portal/server/held"),
  () => new WeakMap<object, Map<string, Held>>()
)

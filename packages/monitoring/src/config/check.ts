/** Checks of values whose types nobody has checked, such as those of a JSON file: all problems at once, each a line. */
import { isMap, written } from "../alerts/problem.ts"

/** What is wrong with a value, each with its path: `jobTypes.mail.objective is 99, expected ...`. */
export type Problems = ReadonlyArray<string>

/** The check of an `A`. */
export class Check<A> {
  /** What is wrong with the value at a path; nothing where it is an `A`. */
  readonly problems: (value: unknown, path: string) => Problems

  constructor(problems: (value: unknown, path: string) => Problems) {
    this.problems = problems
  }

  /** Whether it is an `A`. */
  accepts(value: unknown): value is A {
    return this.problems(value, "").length === 0
  }
}

/** A value that a predicate decides about; `expected` completes "expected ...". */
export const value = <A>(expected: string, accepts: (given: unknown) => boolean): Check<A> =>
  new Check((given, path) => (accepts(given) ? [] : [`${path} is ${written(given)}, expected ${expected}`]))

/** One of these words. */
export const oneOf = <const A extends string>(words: ReadonlyArray<A>): Check<A> =>
  value(`one of ${words.join(", ")}`, (given) => words.some((word) => word === given))

/** A list whose items each pass. */
export const listOf = <A>(item: Check<A>): Check<ReadonlyArray<A>> =>
  new Check((given, path) =>
    Array.isArray(given)
      ? given.flatMap((one: unknown, index) => item.problems(one, `${path}[${index}]`))
      : [`${path} is ${written(given)}, expected a list`]
  )

/** An object with any keys, which pass a check of their own, and values that each pass. */
export const recordOf = <A>(item: Check<A>, key: (name: string) => string | undefined = () => undefined) =>
  new Check<Readonly<Record<string, A>>>((given, path) =>
    isMap(given)
      ? Object.entries(given).flatMap(([name, one]) => {
          const expected = key(name)
          return [
            ...(expected === undefined
              ? []
              : [`${below(path, name)}: the key is ${written(name)}, expected ${expected}`]),
            ...(one === undefined ? [] : item.problems(one, below(path, name)))
          ]
        })
      : [`${path} is ${written(given)}, expected an object`]
  )

/** The checks of an object's keys. Those in `required` must be there. */
export type Fields<A> = { readonly [K in keyof Required<A>]: Check<Exclude<A[K], undefined>> }

/** An object with these keys and no other; who leaves one out, or adds one to `A`, does not compile. */
export const shape = <A extends object>(
  fields: Fields<A>,
  required: ReadonlyArray<keyof A & string> = []
): Check<A> => {
  const checks = new Map<string, Check<unknown>>(Object.entries(fields))
  return new Check((given, path) => {
    if (!isMap(given)) {
      return [`${path === "" ? "the configuration" : path} is ${written(given)}, expected an object`]
    }
    return [
      ...required.filter((name) => given[name] === undefined).map((name) => `${below(path, name)} is missing`),
      ...Object.entries(given).flatMap(([name, one]) => {
        const check = checks.get(name)
        return check === undefined
          ? [unknownKey(below(path, name), name, [...checks.keys()])]
          : one === undefined
            ? []
            : check.problems(one, below(path, name))
      })
    ]
  })
}

const unknownKey = (path: string, name: string, known: ReadonlyArray<string>): string => {
  const near = nearest(name, known)
  return `${path} is not an option${near === undefined ? `: there are ${known.join(", ")}` : `: did you mean ${near}?`}`
}

/** The name that was probably meant: at most a third of it is different. */
export const nearest = (name: string, known: ReadonlyArray<string>): string | undefined => {
  const [best] = known
    .map((one) => ({ one, distance: distance(name.toLowerCase(), one.toLowerCase()) }))
    .sort((a, b) => a.distance - b.distance)
  return best !== undefined && best.distance <= Math.max(1, best.one.length / 3) ? best.one : undefined
}

/** How many letters are inserted, left out or different (Levenshtein's distance). */
const distance = (from: string, to: string): number => {
  let row = Array.from({ length: to.length + 1 }, (_, index) => index)
  for (const [index, letter] of [...from].entries()) {
    const next = [index + 1]
    for (const [column, other] of [...to].entries()) {
      const [left = 0, above = 0, diagonal = 0] = [next[column], row[column + 1], row[column]]
      next.push(Math.min(left + 1, above + 1, diagonal + (letter === other ? 0 : 1)))
    }
    row = next
  }
  return row.at(-1) ?? 0
}

/** The path of a key: `jobTypes.mail`, `routes["/orders"]`. */
const below = (path: string, name: string): string =>
  /^[A-Za-z_$][\w$]*$/.test(name) ? (path === "" ? name : `${path}.${name}`) : `${path}[${JSON.stringify(name)}]`

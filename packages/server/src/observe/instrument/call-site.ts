/** Where in a program something was called, for a warning that has to name it. */
import { attempt } from "../catalogue/attempt.ts"
import { cleanTo } from "../catalogue/clean-text.ts"

/** File, line and column of the caller of a function; `undefined` where the engine does not say. */
export const callerOf = (called: (...args: never) => unknown): string | undefined => framesBelow(called)[0]

/** The same of the innermost call on the stack that is neither in a package nor in this library. */
export const programSite = (): string | undefined => {
  const [own, ...frames] = framesBelow(framesBelow)
  const folder = own?.replace(/[^/\\]*[/\\][^/\\]*$/u, "")
  return frames.find((frame) => !isOfOthers(frame) && (folder === undefined || !frame.startsWith(folder)))
}

const isOfOthers = (frame: string): boolean => frame.startsWith("node:") || /[/\\]node_modules[/\\]/u.test(frame)

const framesBelow = (called: (...args: never) => unknown): ReadonlyArray<string> =>
  stackBelow(called)
    .split("\n")
    .flatMap((line) => {
      const [, place] = /^\s+at (?:async )?(?:.* \()?(.+:\d+:\d+)\)?$/u.exec(line) ?? []
      return place === undefined ? [] : [cleanTo(place.replace(/^file:\/\//u, ""), 300)]
    })

/**
 * The stack below a function, innermost call first; empty where there is none. Programs replace what makes a stack, and
 * what they make may throw or be no text; some freeze `Error`.
 */
export const stackBelow = (called: (...args: never) => unknown): string => {
  const { stackTraceLimit } = Error
  limitStacks(100)
  const stack = attempt((): unknown => {
    const holder: { readonly stack?: unknown } = {}
    Error.captureStackTrace(holder, called)
    return holder.stack
  })
  limitStacks(stackTraceLimit)
  return typeof stack === "string" ? stack : ""
}

const limitStacks = (limit: number): void =>
  attempt(() => {
    Error.stackTraceLimit = limit
  })

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

const framesBelow = (called: (...args: never) => unknown): ReadonlyArray<string> => {
  const { stackTraceLimit } = Error
  const holder: { readonly stack?: string } = {}
  Error.stackTraceLimit = 100
  attempt(() => Error.captureStackTrace(holder, called))
  Error.stackTraceLimit = stackTraceLimit
  return (holder.stack ?? "").split("\n").flatMap((line) => {
    const [, place] = /^\s+at (?:async )?(?:.* \()?(.+:\d+:\d+)\)?$/u.exec(line) ?? []
    return place === undefined ? [] : [cleanTo(place.replace(/^file:\/\//u, ""), 300)]
  })
}

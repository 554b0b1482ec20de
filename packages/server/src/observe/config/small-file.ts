/**
 * The content of a file that is small. What is none, such as a pipe, is refused and never waited for: reading it could hold
 * up the whole process, or fill its memory.
 */
import * as Effect from "effect/Effect"
import * as Fs from "node:fs"
import { textOf } from "../catalogue/error-name.ts"

/** Some hundred times what a system's bundle of authorities has. */
const mostBytes = 32 * 1024 * 1024

/** What it holds, or what is wrong with it, to be said after its name: `is not there`. */
export const readSmallFile = (path: string): Effect.Effect<Buffer, string> =>
  Effect.acquireUseRelease(
    Effect.try({ try: () => Fs.openSync(path, flags), catch: whyUnreadable }),
    (file) =>
      Effect.try({ try: () => Fs.fstatSync(file), catch: whyUnreadable }).pipe(
        Effect.flatMap((stat) => {
          const why = whyUnfit(stat)
          return why === undefined
            ? Effect.try({ try: () => Fs.readFileSync(file), catch: whyUnreadable })
            : Effect.fail(why)
        })
      ),
    (file) => Effect.sync(() => Fs.closeSync(file))
  )

/** Windows has no such flag, and no such pipes among its files. */
const flags = Fs.constants.O_RDONLY | (Fs.constants.O_NONBLOCK ?? 0)

const whyUnfit = (stat: Fs.Stats): string | undefined => {
  if (stat.isDirectory()) {
    return "is a folder"
  }
  if (!stat.isFile()) {
    return "is a pipe or a device"
  }
  return stat.size > mostBytes ? `has ${stat.size} bytes` : undefined
}

const whyUnreadable = (thrown: unknown): string => {
  const code = textOf(thrown, "code") ?? ""
  return reasons[code] ?? `can't be read${code === "" ? "" : ` (${code})`}`
}

const reasons: Readonly<Record<string, string>> = {
  EACCES: "this process may not read",
  ENOENT: "is not there",
  ENOTDIR: "is not there",
  EPERM: "this process may not read"
}

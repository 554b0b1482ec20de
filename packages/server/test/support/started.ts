/** A program in a group of processes of its own, with all that it has printed so far. */
import { spawn } from "node:child_process"

export interface Started {
  /** What it printed, on both outputs. */
  readonly printed: () => string
  /** Its exit code, when it has ended; 128 and more where a signal ended it. */
  readonly ended: Promise<number>
  /** Resolves when it has printed this; rejects when it ends before, or two minutes have passed. */
  readonly until: (words: string) => Promise<void>
  /** Asks it, and all that it has started, to end, and waits until they have. */
  readonly stop: () => Promise<number>
}

export const start = (
  [command = "", ...args]: ReadonlyArray<string>,
  options: { readonly cwd: string; readonly env: NodeJS.ProcessEnv }
): Started => {
  const child = spawn(command, args, { ...options, detached: true, stdio: ["ignore", "pipe", "pipe"] })
  let text = ""
  const listeners = new Set<() => void>()
  for (const output of [child.stdout, child.stderr]) {
    output.setEncoding("utf8").on("data", (piece: string) => {
      text += piece
      listeners.forEach((listener) => listener())
    })
  }
  const ended = new Promise<number>((resolve) => {
    child.once("error", (error) => {
      text += String(error)
      resolve(127)
    })
    child.once("close", (code) => resolve(code ?? 128))
  })
  const until = (words: string): Promise<void> =>
    new Promise((resolve, reject) => {
      const fail = (why: string): void => reject(new Error(`${why} before it printed "${words}":\n${text}`))
      const late = setTimeout(() => fail("Two minutes passed"), 120_000)
      const look = (): void => {
        if (text.includes(words)) {
          clearTimeout(late)
          listeners.delete(look)
          resolve()
        }
      }
      listeners.add(look)
      look()
      void ended.then((code) => {
        clearTimeout(late)
        look()
        fail(`It ended with ${code}`)
      })
    })
  const stop = (): Promise<number> => {
    if (child.pid !== undefined && child.exitCode === null) {
      process.kill(-child.pid, "SIGTERM")
    }
    return ended
  }
  return { printed: () => text, ended, until, stop }
}

/** The demo of the job server in its own process, as `npm run demo` starts it, and its page in Chromium. */
import { spawn } from "node:child_process"
import { createRequire } from "node:module"
import path from "node:path"
import { fileURLToPath, pathToFileURL } from "node:url"

export interface RunningDemo {
  /** Waits until the demo has written this, and gives the match; fails when it ends first. */
  readonly until: (pattern: RegExp) => Promise<RegExpMatchArray>
  /** Ends it as Ctrl-C does; whether its metrics agreed with what happened, and what did not. */
  readonly stop: () => Promise<{ readonly agreed: boolean; readonly differs: ReadonlyArray<unknown> }>
  /** Ends it at once, should it still run. */
  readonly kill: () => void
}

const root = fileURLToPath(new URL("../../../..", import.meta.url))
const jobServer = path.join(root, "packages/job-server/src/main.ts")

/** Starts the demo on the documentation of this repository. */
export const startDemo = (...args: ReadonlyArray<string>): RunningDemo => {
  const tsx = pathToFileURL(createRequire(jobServer).resolve("tsx")).href
  const child = spawn(process.execPath, ["--import", tsx, jobServer, path.join(root, "docs"), "--json", ...args], {
    cwd: root,
    env: { ...process.env, TSX_DISABLE_CACHE: "1" },
    stdio: ["ignore", "pipe", "pipe"]
  })
  let output = ""
  let result = ""
  child.stderr.on("data", (text: Buffer) => (output += text.toString()))
  child.stdout.on("data", (text: Buffer) => (result += text.toString()))
  const ended = new Promise<void>((resolve) => child.once("close", () => resolve()))
  return {
    until: async (pattern) => {
      for (;;) {
        const match = output.match(pattern)
        if (match !== null) {
          return match
        }
        if (child.exitCode !== null || child.signalCode !== null) {
          throw new Error(`the demo ended before it wrote ${pattern}: ${output}`)
        }
        await new Promise((resolve) => setTimeout(resolve, 50))
      }
    },
    stop: async () => {
      child.kill("SIGINT")
      await ended
      const { agreed, metrics } = JSON.parse(result)
      return { agreed, differs: metrics.filter((line: { readonly agreed: boolean }) => !line.agreed) }
    },
    kill: () => void child.kill("SIGKILL")
  }
}

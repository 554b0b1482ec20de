/**
 * Runs one child to its end, with its exit code kept and signals handed on once.
 *
 * A terminal sends Ctrl-C to every process of the foreground group, and npm sends it to its script once more. A child
 * in that group would get it two or three times, and the second one ends an orderly shutdown. So the child has a group
 * of its own, and of the signals that come within a second one is passed on. A second Ctrl-C later is passed on too.
 */
import { spawn } from "node:child_process"
import { constants } from "node:os"

const forwarded = ["SIGINT", "SIGTERM", "SIGHUP"]
const repeatMs = 1000

/**
 * The environment without npm's own settings, which would silence or confuse what we start, and without the cache of tsx:
 * that is in the folder of temporary files, where another user may have put one for us.
 */
export const environment = (extra = {}) => {
  const kept = Object.entries(process.env).filter(([name]) => !/^npm_config_(loglevel|json)$/i.test(name))
  return { ...Object.fromEntries(kept), NX_DAEMON: "false", NX_TUI: "false", TSX_DISABLE_CACHE: "1", ...extra }
}

/**
 * Resolves with the exit code; 128 + n when signal n ended the child, 127 when it could not be started. With `group` the
 * signals reach what the child has started too: for tools that would leave it behind.
 */
export const run = (command, args, { group = false, ...options } = {}) =>
  new Promise((resolve) => {
    const child = spawn(command, args, { stdio: "inherit", env: environment(), detached: true, ...options })
    let last = -Infinity
    const pass = (signal) => {
      const now = performance.now()
      if (now - last > repeatMs && child.exitCode === null) {
        process.kill(group ? -child.pid : child.pid, signal)
      }
      last = now
    }
    for (const signal of forwarded) {
      process.on(signal, pass)
    }
    const finish = (code) => {
      for (const signal of forwarded) {
        process.off(signal, pass)
      }
      resolve(code)
    }
    child.once("error", (error) => {
      process.stderr.write(`${command} could not be started: ${error.message}\n`)
      finish(127)
    })
    child.once("close", (code, signal) => finish(code ?? 128 + constants.signals[signal]))
  })

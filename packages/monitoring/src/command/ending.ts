/** How the process ends: whatever a configuration does when it is loaded, a command that did not finish has not succeeded. */
import type { Terminal } from "./terminal.ts"

/**
 * Has the process fail unless the function that it returns was called: a configuration, or what it imports, may end the
 * process, or wait for what never happens.
 */
export const mustFinish = (terminal: Pick<Terminal, "error">): (() => void) => {
  const ended = (code: number): void => {
    // That of an error which nobody caught, and which was printed.
    if (code !== 1) {
      terminal.error(
        "The configuration, or what it imports, ended the process, or waits for what never happens. Nothing was done."
      )
      process.exitCode = 1
    }
  }
  process.once("exit", ended)
  return () => void process.off("exit", ended)
}

/** Ends the process when its output is written: what a configuration imports may hold a connection open. */
export const exitWith = (code: number): void => {
  process.stdout.write("", () => process.stderr.write("", () => process.exit(code)))
}

/** Where a command runs, and what it prints to. */

export interface Terminal {
  /** The working directory. */
  readonly folder: string
  /** Prints a text to standard output. */
  readonly out: (text: string) => void
  /** Prints a line to standard error. */
  readonly error: (line: string) => void
  /** Whether colours are shown. */
  readonly hasColors: boolean
}

/** The terminal of this process. */
export const processTerminal = (): Terminal => ({
  folder: process.cwd(),
  out: (text) => process.stdout.write(text),
  error: (line) => process.stderr.write(`${line}\n`),
  hasColors: process.stdout.isTTY && process.stdout.hasColors()
})

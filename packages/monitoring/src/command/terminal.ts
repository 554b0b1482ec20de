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

/** The terminal of this process. Who reads its output may stop at any line, as `head` does. */
export const processTerminal = (): Terminal => {
  process.stdout.on("error", ignoreClosed)
  process.stderr.on("error", ignoreClosed)
  return {
    folder: process.cwd(),
    out: (text) => process.stdout.write(text),
    error: (line) => process.stderr.write(`${line}\n`),
    hasColors: process.stdout.isTTY && process.stdout.hasColors()
  }
}

const ignoreClosed = (error: NodeJS.ErrnoException): void => {
  if (error.code !== "EPIPE") {
    throw error
  }
}

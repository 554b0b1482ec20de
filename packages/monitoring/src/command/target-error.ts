/** The folder can't be written to as it is. */

/** How many reasons the message has. */
const atMost = 10

/** Why nothing was written, each reason a line with its path. */
export class TargetError extends Error {
  readonly _tag = "TargetError"
  readonly problems: ReadonlyArray<string>

  constructor(problems: ReadonlyArray<string>) {
    const more = problems.length - atMost
    super([...problems.slice(0, atMost), ...(more > 0 ? [`and ${more} more`] : [])].join("\n"))
    this.problems = problems
  }
}

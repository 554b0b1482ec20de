/** The configuration can't be used. */

/** What is wrong with the configuration, each problem a line with its place. */
export class ConfigError extends Error {
  readonly _tag = "ConfigError"
  /** The file, or the folder in which there should be one. */
  readonly file: string
  readonly problems: ReadonlyArray<string>

  constructor(file: string, problems: ReadonlyArray<string>, cause?: unknown) {
    super(problems.length === 1 ? `${file}: ${problems[0]}` : [`${file}:`, ...problems].join("\n  "), { cause })
    this.file = file
    this.problems = problems
  }
}

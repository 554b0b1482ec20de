/**
 * The code blocks of a page, and what the page says of them: `<!-- ts: file main.ts -->` in the line above a block. This is
 * the one place that knows these words; CONTRIBUTING.md explains them.
 */

export interface Block {
  readonly page: string
  /** The line of the page in which the block's first line of text is, counted from 1. */
  readonly line: number
  readonly language: string
  /** Without the fences, each line ended. */
  readonly text: string
  readonly said: Said
}

/** What is said of a block. */
export interface Said {
  /** The name of the file that the block is. */
  readonly file?: string
  /** It goes on where the `ts` block before it has ended, in one file with it. */
  readonly continues?: true
  /** The file of the repository that it is a part of, word for word. */
  readonly excerptOf?: string
  /** Why it is not run. */
  readonly notRun?: string
  /** It does not end by itself: it is stopped when it has printed this. */
  readonly stoppedAfter?: string
  /** It is run in a clone of the repository, and not in a folder of a user. */
  readonly inClone?: true
  /** What prints it: `the block above`, a file of the page, or the command that a block begins with. */
  readonly outputOf?: string
}

/** The words of each language. */
const words: Readonly<Record<string, ReadonlyArray<readonly [RegExp, (found: string) => Said]>>> = {
  ts: [
    [/^file ([\w.-]+\.ts)$/, (file) => ({ file })],
    [/^continues$/, () => ({ continues: true })],
    [/^excerpt of (\S+)$/, (excerptOf) => ({ excerptOf })],
    [/^not run: (.{10,})$/, (notRun) => ({ notRun })],
    [/^stopped after "(.+)"$/, (stoppedAfter) => ({ stoppedAfter })]
  ],
  sh: [
    [/^in a clone$/, () => ({ inClone: true })],
    [/^not run: (.{10,})$/, (notRun) => ({ notRun })],
    [/^stopped after "(.+)"$/, (stoppedAfter) => ({ stoppedAfter })]
  ],
  text: [[/^output of (the block above|[\w.-]+)$/, (outputOf) => ({ outputOf })]]
}

const nothing: Said = {}

/** Between two things that are said; a reason may have semicolons of its own. */
const between = /; (?=file |continues|excerpt of|not run:|stopped after|in a clone|output of)/

const saidIn = (comment: string, language: string, at: string): Said => {
  const [, subject, list = ""] = /^<!-- (\w+): (.*) -->$/.exec(comment) ?? []
  if (subject === undefined) {
    return nothing
  }
  if (subject !== language) {
    throw new Error(`${at}: the comment is about "${subject}", and the block below it is "${language}"`)
  }
  return list.split(between).reduce((said, one) => ({ ...said, ...directive(one, language, at) }), nothing)
}

const directive = (text: string, language: string, at: string): Said => {
  for (const [pattern, meaning] of words[language] ?? []) {
    const found = pattern.exec(text)
    if (found !== null) {
      return meaning(found[1] ?? "")
    }
  }
  throw new Error(`${at}: "${text}" says nothing of a block "${language}": see CONTRIBUTING.md`)
}

/** The blocks of a page, in their order. Throws where a comment above one can't be understood, or a block has no end. */
export const blocksOf = (page: string, markdown: string): ReadonlyArray<Block> => {
  const lines = markdown.split("\n")
  const blocks: Array<Block> = []
  for (let index = 0; index < lines.length; index += 1) {
    const [, fence, language = ""] = /^\s*(`{3,})([\w-]*).*$/.exec(lines[index] ?? "") ?? []
    if (fence === undefined) {
      continue
    }
    const at = `${page}:${index + 1}`
    const end = lines.findIndex((line, later) => later > index && line.trim() === fence)
    if (end < 0) {
      throw new Error(`${at}: the block has no end`)
    }
    const text = lines
      .slice(index + 1, end)
      .map((line) => `${line}\n`)
      .join("")
    blocks.push({ page, line: index + 2, language, text, said: saidIn(lines[index - 1] ?? "", language, at) })
    index = end
  }
  return blocks
}

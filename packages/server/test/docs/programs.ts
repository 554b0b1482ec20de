/** The TypeScript of a page as files that a compiler takes: imports and all stand in the page. */
import type { Block } from "./blocks.ts"

/** A line of a page. */
export interface Origin {
  readonly page: string
  readonly line: number
}

export interface Program {
  readonly page: string
  /** The name of its file; the files of a page are in one folder, and import each other. */
  readonly file: string
  readonly text: string
  /** Where each line of the text stands. */
  readonly origins: ReadonlyArray<Origin>
  /** The blocks that it is made of; what is said of the last is said of it. */
  readonly blocks: readonly [Block, ...ReadonlyArray<Block>]
}

export const lastOf = ({ blocks }: Program): Block => blocks.at(-1) ?? blocks[0]

/** The files of a page: one for each block, with those before it where it continues them. */
export const programsOf = (blocks: ReadonlyArray<Block>): ReadonlyArray<Program> => {
  const programs: Array<Program> = []
  for (const block of blocks) {
    if (block.language !== "ts" || block.said.excerptOf !== undefined) {
      continue
    }
    const before = programs.at(-1)
    if (block.said.continues === true && before === undefined) {
      throw new Error(`${block.page}:${block.line}: nothing is above that it could continue`)
    }
    const parts: Program["blocks"] =
      block.said.continues === true && before !== undefined ? [...before.blocks, block] : [block]
    programs.push({
      page: block.page,
      file: block.said.file ?? `line-${block.line}.ts`,
      text: parts.map(({ text }) => text).join(""),
      origins: parts.flatMap(({ line, page, text }) =>
        text
          .split("\n")
          .slice(0, -1)
          .map((_, index) => ({ page, line: line + index }))
      ),
      blocks: parts
    })
  }
  return programs
}

const isPartOf = (one: Program, other: Program): boolean =>
  one !== other &&
  ((other.blocks.length > one.blocks.length && other.blocks.includes(lastOf(one))) ||
    other.text.includes(` from "./${one.file}"`))

/** Those that are started: not what another one runs as well, and nothing of which the page says why it is not run. */
export const startedOf = (programs: ReadonlyArray<Program>): ReadonlyArray<Program> => {
  const wanted = programs.filter((program) => lastOf(program).said.notRun === undefined)
  return wanted.filter((program) => !wanted.some((other) => isPartOf(program, other)))
}

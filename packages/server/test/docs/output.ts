/** Whether a program printed what a page shows: each line, whatever its numbers are. */
import type { Block } from "./blocks.ts"

/** Without what differs from run to run: the time and the fiber of a log line, and all numbers. */
const stable = (line: string): string =>
  line
    .replace(/^\[[\d:.]+\] ([A-Z]+) \(#\d+\)(?: in [^:]*)?: /, "$1 ")
    .replace(/(?<![a-z_])\d+(\.\d+)?/g, "0")
    .trimEnd()

const linesOf = (text: string): ReadonlyArray<string> => text.split("\n").map(stable)

/** The shown lines that were not printed; one that is shown twice is printed twice. What is done at once has no order. */
export const missingIn = (printed: string, shown: string): ReadonlyArray<string> => {
  const lines = [...linesOf(printed)]
  return linesOf(shown).filter((line) => {
    const at = lines.indexOf(line)
    if (at >= 0) {
      lines.splice(at, 1)
    }
    return at < 0 && line !== ""
  })
}

/** What the page shows of the output of a block. */
export const shownOf = (block: Block, blocks: ReadonlyArray<Block>): ReadonlyArray<Block> =>
  blocks.filter((shown) => shown.said.outputOf !== undefined && printerOf(shown, blocks) === block)

/** The block that prints what is shown. */
export const printerOf = (shown: Block, blocks: ReadonlyArray<Block>): Block | undefined => {
  const isRun = ({ language, said }: Block): boolean => /^(ts|sh)$/.test(language) && said.notRun === undefined
  const name = shown.said.outputOf
  return name === "the block above"
    ? blocks.slice(0, blocks.indexOf(shown)).findLast(isRun)
    : blocks.find((block) => isRun(block) && (block.said.file === name || block.text.startsWith(`${name} `)))
}

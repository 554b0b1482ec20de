/** `npm run generate`: the command over this repository's configuration, with what only this repository has generated. */
import { readFileSync, writeFileSync } from "node:fs"
import path from "node:path"
import { parse, usage } from "./command/options.ts"
import { run } from "./command/run.ts"
import { processTerminal } from "./command/terminal.ts"
import { withBlock } from "./documents/block.ts"
import { blocks, files } from "./repository/files.ts"

const root = path.resolve(import.meta.dirname, "../../..")

const configuration = path.join(root, "monitoring.config.ts")

const main = async (args: ReadonlyArray<string>): Promise<number> => {
  const asked = parse(["generate", ...args])
  const terminal = processTerminal()
  if (typeof asked === "string" || "problem" in asked) {
    terminal.error(typeof asked === "string" ? usage : asked.problem)
    return typeof asked === "string" ? 0 : 2
  }
  const isHere = args.length === 0
  const code = await run({ ...asked, config: asked.config ?? configuration }, terminal, isHere ? files : undefined)
  if (code === 0 && isHere) {
    writeBlocks()
  }
  return code
}

/** Tables in pages that are otherwise written by hand. */
const writeBlocks = (): void => {
  for (const block of blocks()) {
    const file = path.join(root, block.page)
    writeFileSync(file, withBlock(readFileSync(file, "utf8"), block))
  }
}

process.exitCode = await main(process.argv.slice(2))

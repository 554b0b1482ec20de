/** Plays the delivery matrix, prints its table, and writes it into docs/guides/delivery.md. */
import * as Effect from "effect/Effect"
import { readFileSync, writeFileSync } from "node:fs"
import { playAll, tableOf } from "./run.ts"

const guide = new URL("../../../../../../docs/guides/delivery.md", import.meta.url)

const marked = /(<!-- matrix -->\n)[\s\S]*?(<!-- \/matrix -->)/

const played = await Effect.runPromise(playAll())
const table = tableOf(played.map(({ result }) => result))
process.stdout.write(`${table}\n`)
writeFileSync(
  guide,
  readFileSync(guide, "utf8").replace(marked, (_, before: string, after: string) => `${before}${table}\n${after}`)
)

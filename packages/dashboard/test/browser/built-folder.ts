/** The built page in a folder, for a server that reads it from there; the folder goes with the scope. */
import * as Effect from "effect/Effect"
import type { Scope } from "effect/Scope"
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import path from "node:path"
import { buildPage } from "./built-page.ts"

export const builtFolder: Effect.Effect<string, never, Scope> = Effect.acquireRelease(
  Effect.promise(async () => {
    const folder = mkdtempSync(path.join(tmpdir(), "page-"))
    for (const [name, { body }] of await buildPage()) {
      mkdirSync(path.dirname(path.join(folder, name)), { recursive: true })
      writeFileSync(path.join(folder, name), body)
    }
    return folder
  }),
  (folder) => Effect.sync(() => rmSync(folder, { recursive: true }))
)

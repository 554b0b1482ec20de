/** Programs of these tests, compiled, for as long as a scope is open. */
import * as Effect from "effect/Effect"
import type { Scope } from "effect/Scope"
import { rm } from "node:fs/promises"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { compilePrograms } from "../../../../vitest.programs.ts"

const home = fileURLToPath(new URL("../..", import.meta.url))

/** The file that Node runs for the program whose source is at this URL. */
export const compiled = (source: URL): Effect.Effect<string, never, Scope> =>
  Effect.acquireRelease(
    Effect.promise(() => compilePrograms(home, { program: fileURLToPath(source) })),
    (folder) => Effect.promise(() => rm(folder, { recursive: true, force: true }))
  ).pipe(Effect.map((folder) => join(folder, "program.js")))

/** The receiver of `packages/dashboard`. */
export const receiver = compiled(new URL("../../../dashboard/src/main.ts", import.meta.url))

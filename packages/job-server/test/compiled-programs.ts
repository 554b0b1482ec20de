/** Removes the programs that tests compile, when all tests have run. vitest runs this once, beside its workers. */
import { fileURLToPath } from "node:url"
import { removePrograms } from "../../../vitest.programs.ts"

export const teardown = (): Promise<void> => removePrograms(fileURLToPath(new URL("..", import.meta.url)))

/** The vitest configuration that every package shares; a package says its name, and what is set up once for its tests. */
import { fileURLToPath } from "node:url"
import { defineConfig } from "vitest/config"

export const unit = (name: string, globalSetup: ReadonlyArray<string> = []) =>
  defineConfig({
    test: {
      name,
      include: ["test/**/*.test.ts"],
      exclude: ["test/e2e/**", "test/receivers/**", "test/browser/**"],
      globalSetup: [...globalSetup],
      setupFiles: [fileURLToPath(new URL("vitest.setup.ts", import.meta.url))],
      testTimeout: 120_000,
      hookTimeout: 120_000
    }
  })

/** Tests with processes, servers, a browser and minutes: apart, so that the quick ones stay quick. */
export const endToEnd = (name: string, globalSetup: ReadonlyArray<string> = []) =>
  defineConfig({
    test: {
      name: `${name} e2e`,
      globalSetup: [...globalSetup],
      include: ["test/e2e/**/*.test.ts", "test/browser/**/*.test.ts"],
      fileParallelism: false,
      testTimeout: 600_000,
      hookTimeout: 120_000
    }
  })

/**
 * Tests with receivers that others wrote; `npm run test:receivers` builds them and puts them into the path. `others` are
 * tests that run with Debian's programs elsewhere too.
 */
export const withReceivers = (
  name: string,
  others: ReadonlyArray<string> = [],
  globalSetup: ReadonlyArray<string> = []
) =>
  defineConfig({
    test: {
      name: `${name} receivers`,
      include: ["test/receivers/**/*.test.ts", ...others],
      globalSetup: [...globalSetup],
      setupFiles: [fileURLToPath(new URL("vitest.setup.ts", import.meta.url))],
      testTimeout: 120_000,
      hookTimeout: 120_000
    }
  })

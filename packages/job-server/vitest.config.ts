import { defineConfig } from "vitest/config"

export default defineConfig({
  test: { name: "job-server", include: ["test/**/*.test.ts"], exclude: ["test/e2e/**"] }
})

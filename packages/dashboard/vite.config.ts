/** Builds the page: static files with relative addresses, so that it works under whatever path it is served. */
import { defineConfig } from "vite"

export default defineConfig({
  root: "src/page",
  base: "./",
  esbuild: { jsx: "automatic", jsxImportSource: "preact", legalComments: "none" },
  build: {
    outDir: "../../dist/page",
    emptyOutDir: true,
    target: "es2022",
    modulePreload: false,
    // What is inlined would be refused by the content security policy.
    assetsInlineLimit: 0,
    reportCompressedSize: false
  }
})

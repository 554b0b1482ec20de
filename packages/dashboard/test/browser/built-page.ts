/** The page as it is built, in memory, and the headers that go with each of its files. */
import { fileURLToPath } from "node:url"
import { build } from "vite"

/** What each answer of the page carries. */
export const strictHeaders: Readonly<Record<string, string>> = {
  "content-security-policy":
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  "x-content-type-options": "nosniff",
  "referrer-policy": "no-referrer",
  "cross-origin-resource-policy": "same-origin"
}

/** A file of the page. */
export interface PageFile {
  readonly body: string | Uint8Array
  readonly contentType: string
}

const contentTypes: ReadonlyArray<readonly [ending: string, contentType: string]> = [
  [".html", "text/html; charset=utf-8"],
  [".js", "text/javascript; charset=utf-8"],
  [".css", "text/css; charset=utf-8"],
  [".svg", "image/svg+xml"]
]

let built: Promise<ReadonlyMap<string, PageFile>> | undefined

/** Its files by path, `index.html` among them; built once. */
export const buildPage = (): Promise<ReadonlyMap<string, PageFile>> => (built ??= buildOnce())

const buildOnce = async (): Promise<ReadonlyMap<string, PageFile>> => {
  const output = await build({
    configFile: fileURLToPath(new URL("../../vite.config.ts", import.meta.url)),
    root: fileURLToPath(new URL("../../src/page", import.meta.url)),
    logLevel: "warn",
    // The minifier of what is published takes three times as long.
    build: { write: false, minify: "esbuild" }
  })
  const files = new Map<string, PageFile>()
  for (const one of Array.isArray(output) ? output : [output]) {
    if (!("output" in one)) {
      throw new Error("Vite watches, where it must build once.")
    }
    for (const file of one.output) {
      const contentType = contentTypes.find(([ending]) => file.fileName.endsWith(ending))?.[1]
      files.set(file.fileName, {
        body: file.type === "chunk" ? file.code : file.source,
        contentType: contentType ?? "application/octet-stream"
      })
    }
  }
  return files
}

/** Reads the files of the built page. */
import { createHash } from "node:crypto"
import { readdirSync, readFileSync } from "node:fs"
import path from "node:path"
import { fileURLToPath } from "node:url"
import { gzipSync } from "node:zlib"

/** One file of the page. */
export interface PageFile {
  readonly contentType: string
  readonly body: Uint8Array
  /** The same as gzip, where that is smaller. */
  readonly gzip?: Uint8Array
  /** A strong entity tag of the body, in quotes. That of the gzip is another one (`gzipEtag`). */
  readonly etag: string
  readonly gzipEtag: string
  readonly cacheControl: string
}

/** The files of the page by their paths, which are relative, as in `assets/index-DYkb8poH.js`. */
export type PageFiles = ReadonlyMap<string, PageFile>

/** The files of the page are not there: in a clone of the repository they must be built first. */
export class PageNotBuilt extends Error {
  /** Tells this error from others. */
  readonly _tag = "PageNotBuilt"
  /** Where the files were looked for. */
  readonly folder: string

  constructor(folder: string, cause?: unknown) {
    super(`The page is not built: ${folder} has no index.html. Build it with "npx nx run dashboard:page".`, { cause })
    this.name = "PageNotBuilt"
    this.folder = folder
  }
}

/** Where the page is built: from a file of `src/page-files` and from one of `dist/page-files` alike. */
export const builtFolder = fileURLToPath(new URL("../../dist/page/", import.meta.url))

/** Reads all files of the page, once for each server. Throws {@link PageNotBuilt} where they are not there. */
export const readPageFiles = (folder: string = builtFolder): PageFiles => {
  const files = new Map<string, PageFile>()
  for (const name of namesIn(folder)) {
    files.set(name.split(path.sep).join("/"), fileOf(name, readFileSync(path.join(folder, name))))
  }
  if (!files.has("index.html")) {
    throw new PageNotBuilt(folder)
  }
  return files
}

const namesIn = (folder: string): ReadonlyArray<string> => {
  try {
    return readdirSync(folder, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => path.relative(folder, path.join(entry.parentPath, entry.name)))
      .sort()
  } catch (error) {
    throw new PageNotBuilt(folder, error)
  }
}

const contentTypes: ReadonlyMap<string, string> = new Map([
  [".css", "text/css; charset=utf-8"],
  [".html", "text/html; charset=utf-8"],
  [".js", "text/javascript; charset=utf-8"],
  [".json", "application/json"],
  [".png", "image/png"],
  [".svg", "image/svg+xml"],
  [".woff2", "font/woff2"]
])

const fileOf = (name: string, body: Uint8Array): PageFile => {
  const compressed = gzipSync(body, { level: 9 })
  const digest = createHash("sha256").update(body).digest("base64url").slice(0, 22)
  return {
    contentType: contentTypes.get(path.extname(name)) ?? "application/octet-stream",
    body,
    ...(compressed.length < body.length ? { gzip: compressed } : {}),
    etag: `"${digest}"`,
    gzipEtag: `"${digest}-gzip"`,
    // The name of an asset holds a digest of its content.
    cacheControl: /^assets[\\/]/.test(name) ? "public, max-age=31536000, immutable" : "no-cache"
  }
}

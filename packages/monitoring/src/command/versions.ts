/** This package is of one minor version with the library: its rules read the metrics that that library has. */
import { readFileSync } from "node:fs"
import { createRequire } from "node:module"
import path from "node:path"

/** The version of this package. */
export const ownVersion = (): string => versionIn(new URL("../../package.json", import.meta.url)) ?? ""

/** The version of the library that a folder has; none where it is not installed. */
export const installedVersion = (folder: string): string | undefined => {
  try {
    const require = createRequire(path.join(folder, "package.json"))
    return versionIn(require.resolve("@parametric-portal/server/package.json"))
  } catch {
    return undefined
  }
}

const versionIn = (file: string | URL): string | undefined => {
  const manifest: unknown = JSON.parse(readFileSync(file, "utf8"))
  return typeof manifest === "object" && manifest !== null && "version" in manifest
    ? String(manifest.version)
    : undefined
}

/** One line about versions that don't go together, with the way out. */
export const versionProblem = (own: string, library: string | undefined): string | undefined => {
  const [ours, theirs] = [minorOf(own), minorOf(library ?? own)]
  if (ours === theirs) {
    return undefined
  }
  const knows = `@parametric-portal/monitoring ${own} knows the metrics of @parametric-portal/server ${ours}`
  return `${knows}, and ${library} is installed. Run: npm install --save-dev @parametric-portal/monitoring@${theirs}`
}

/** `0.2` of `0.2.1`. */
const minorOf = (version: string): string => version.split(".").slice(0, 2).join(".")

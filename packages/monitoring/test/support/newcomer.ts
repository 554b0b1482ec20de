/** A folder of somebody who installs the packed packages with plain npm, and nothing of this workspace. */
import { execFile } from "node:child_process"
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import path from "node:path"
import { root } from "./promtool.ts"

/** How a program ended, and all that it printed. */
export interface Ended {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

/** What npm and pnpm tell the programs that they start is not for those that are started here; which registry is. */
const environment = (): NodeJS.ProcessEnv =>
  Object.fromEntries(
    Object.entries(process.env).filter(
      ([name]) => !/^(npm_|pnpm_|NODE_OPTIONS|NODE_PATH|VITEST)/i.test(name) || /registry$/i.test(name)
    )
  )

const run = (cwd: string, command: string): Promise<Ended> =>
  new Promise((resolve) => {
    const options = { cwd, env: environment(), maxBuffer: 64_000_000 }
    execFile("sh", ["-c", command], options, (error, stdout, stderr) =>
      resolve({ code: error === null ? 0 : Number(error.code ?? 1), stdout, stderr })
    )
  })

const made: Array<string> = []

const temporary = (): string => {
  const folder = mkdtempSync(path.join(tmpdir(), "newcomer-"))
  made.push(folder)
  return folder
}

/** Removes all that was made. */
export const clean = (): void => made.splice(0).forEach((folder) => rmSync(folder, { recursive: true, force: true }))

/** A published package, packed as a release packs it. */
export const packed = async (name: "server" | "monitoring"): Promise<string> => {
  const { packageManager }: { readonly packageManager: string } = JSON.parse(
    readFileSync(path.join(root, "package.json"), "utf8")
  )
  const folder = temporary()
  const command = `npx --yes ${packageManager} pack --pack-destination ${folder}`
  const { code, stderr, stdout } = await run(path.join(root, "packages", name), command)
  const [archive] = readdirSync(folder)
  if (code !== 0 || archive === undefined) {
    throw new Error(`${name} was not packed: ${stdout}\n${stderr}`)
  }
  return path.join(folder, archive)
}

/** A folder that is empty but for a `package.json`. */
export class Newcomer {
  readonly folder: string

  constructor() {
    this.folder = temporary()
    this.write("package.json", JSON.stringify({ name: "newcomer", private: true, type: "module" }))
  }

  /** Runs a command of a shell. */
  run(command: string): Promise<Ended> {
    return run(this.folder, command)
  }

  write(name: string, text: string): void {
    writeFileSync(path.join(this.folder, name), text)
  }

  read(name: string): string {
    return readFileSync(path.join(this.folder, name), "utf8")
  }
}

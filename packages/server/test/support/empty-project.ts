/** A folder of somebody who uses the published package: with plain npm, and nothing of this workspace. */
import { execFile } from "node:child_process"
import { mkdir, mkdtemp, readdir, rm, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import path from "node:path"
import { fileURLToPath } from "node:url"

/** How a program ended, and all that it printed. */
export interface Ended {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

const library = fileURLToPath(new URL("../..", import.meta.url))

/** What npm and pnpm tell the programs that they start is not for those that are started here; which registry is. */
export const environment = (): NodeJS.ProcessEnv =>
  Object.fromEntries(
    Object.entries(process.env).filter(
      ([name]) => !/^(npm_|pnpm_|NODE_OPTIONS|VITEST)/i.test(name) || /registry$/i.test(name)
    )
  )

const run = (cwd: string, [command = "", ...args]: ReadonlyArray<string>): Promise<Ended> =>
  new Promise((resolve) => {
    const options = { cwd, env: environment(), maxBuffer: 64_000_000 }
    execFile(command, args, options, (error, stdout, stderr) =>
      resolve({ code: error === null ? 0 : Number(error.code ?? 1), stdout, stderr })
    )
  })

/** Runs a program in the folder of the library. */
export const inLibrary = (...command: ReadonlyArray<string>): Promise<Ended> => run(library, command)

/** A folder that is empty but for a `package.json`. */
export class EmptyProject {
  readonly folder: string

  private constructor(folder: string) {
    this.folder = folder
  }

  static async make(): Promise<EmptyProject> {
    const project = new EmptyProject(await mkdtemp(path.join(tmpdir(), "newcomer-")))
    await project.write("package.json", JSON.stringify({ name: "newcomer", private: true, type: "module" }))
    return project
  }

  /** The published package, packed as a release packs it. */
  static async pack(pnpm: string): Promise<string> {
    const folder = await mkdtemp(path.join(tmpdir(), "packed-"))
    const { code, stderr, stdout } = await inLibrary("npx", "--yes", pnpm, "pack", "--pack-destination", folder)
    const [archive] = await readdir(folder)
    if (code !== 0 || archive === undefined) {
      throw new Error(`the package was not packed: ${stdout}\n${stderr}`)
    }
    return path.join(folder, archive)
  }

  async write(name: string, text: string): Promise<void> {
    const file = path.join(this.folder, name)
    await mkdir(path.dirname(file), { recursive: true })
    await writeFile(file, text)
  }

  run(...command: ReadonlyArray<string>): Promise<Ended> {
    return run(this.folder, command)
  }

  async remove(): Promise<void> {
    await rm(this.folder, { recursive: true, force: true })
  }
}

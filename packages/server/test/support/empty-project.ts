/** A folder of somebody who uses the published package: with plain npm, and nothing of this workspace. */
import { execFile, spawn } from "node:child_process"
import { once } from "node:events"
import { mkdir, mkdtemp, readdir, rm, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import path from "node:path"
import { createInterface } from "node:readline"
import { fileURLToPath } from "node:url"

/** How a program ended, and all that it printed. */
export interface Ended {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

/** A program that goes on. */
export interface Started {
  readonly line: string
  readonly end: () => Promise<unknown>
}

const library = fileURLToPath(new URL("../..", import.meta.url))

/** The folders of the published packages. */
const folders = {
  server: library,
  dashboard: fileURLToPath(new URL("../../../dashboard", import.meta.url)),
  monitoring: fileURLToPath(new URL("../../../monitoring", import.meta.url))
}

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

  /** A published package, packed as a release packs it: the library unless another one is asked for. */
  static async pack(pnpm: string, which: keyof typeof folders = "server"): Promise<string> {
    const folder = await mkdtemp(path.join(tmpdir(), "packed-"))
    const command = ["npx", "--yes", pnpm, "pack", "--pack-destination", folder]
    const { code, stderr, stdout } = await run(folders[which], command)
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

  /** Starts a program that goes on; its first line of output, and what ends it. */
  async start(...[command = "", ...args]: ReadonlyArray<string>): Promise<Started> {
    const options = { cwd: this.folder, env: environment(), detached: true }
    const child = spawn(command, args, { ...options, stdio: ["ignore", "pipe", "inherit"] })
    const ended = once(child, "close")
    const [line] = (await once(createInterface({ input: child.stdout }), "line")) as [string]
    return {
      line,
      end: () => {
        // As a terminal does: npx leaves it to the program that it runs.
        process.kill(-(child.pid ?? 0), "SIGINT")
        return ended
      }
    }
  }

  async remove(): Promise<void> {
    await rm(this.folder, { recursive: true, force: true })
  }
}

/** The published command in a process of its own. */
import { spawn } from "node:child_process"
import { once } from "node:events"
import { readFileSync } from "node:fs"
import { createInterface } from "node:readline"
import { fileURLToPath } from "node:url"

export interface Page {
  /** Of the page, and for OTLP. */
  readonly url: string
  /** How much of a processor it has taken so far. */
  readonly processorMs: () => number
  /** What it holds after full collections, in bytes. */
  readonly heap: () => Promise<number>
  readonly stop: () => Promise<void>
}

/** The kernel counts in hundredths of a second, on every machine that Node runs on with Linux. */
const msPerTick = 10

export const startPage = async (program: string): Promise<Page> => {
  const child = spawn(
    process.execPath,
    ["--expose-gc", "--import", fileURLToPath(new URL("heap.js", import.meta.url)), program, "--port", "0", "--json"],
    { stdio: ["ignore", "pipe", "inherit", "ipc"] }
  )
  process.once("exit", () => child.kill())
  const { stdout } = child
  if (stdout === null) {
    throw new Error("The command has no standard output.")
  }
  const [line] = await once(createInterface({ input: stdout }), "line")
  const { page } = JSON.parse(String(line)) as { readonly page: string }
  return {
    url: page,
    processorMs: () => {
      const [, fields = ""] = readFileSync(`/proc/${child.pid}/stat`, "utf8").split(") ")
      const [user, system] = fields.split(" ").slice(11, 13).map(Number)
      return ((user ?? 0) + (system ?? 0)) * msPerTick
    },
    heap: async () => {
      child.send("heap")
      const [bytes] = await once(child, "message")
      return Number(bytes)
    },
    stop: async () => {
      child.kill("SIGINT")
      await once(child, "close")
    }
  }
}

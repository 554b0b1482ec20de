/** Runners in processes of their own, which are told to run what is there. */
import { type ChildProcess, fork } from "node:child_process"
import { once } from "node:events"
import { fileURLToPath } from "node:url"
import { freePort } from "../../test/support/ports.ts"
import { claim } from "../harness.ts"
import type { Done, Order } from "./runner.ts"
import { tidied } from "./servers.ts"

/** The runners of one database. */
export interface Runners {
  /** The seconds in which all of them together have run so many jobs, until the last end is committed. */
  readonly run: (jobs: number) => Promise<number>
  readonly stop: () => Promise<void>
}

interface Member {
  readonly tell: (order: Order) => void
  readonly done: () => Done
  /** Resolves with the next message of this kind. */
  readonly says: (what: string) => Promise<void>
  readonly stop: () => Promise<void>
}

const none: Done = { handled: 0, written: 0 }

/** Starts so many runners, and waits until each has a part of the jobs. */
export const startRunners = async (url: string, count: number): Promise<Runners> => {
  // The first one makes the tables: the migrations of the cluster don't let several do that at once.
  const first = await startMember(url)
  const others = await Promise.all(Array.from({ length: count - 1 }, () => startMember(url)))
  const members = [first, ...others]
  const run = async (jobs: number): Promise<number> => {
    await tidied(url)
    const submitted = first.says("submitted")
    first.tell({ submit: jobs })
    await submitted
    const started = performance.now()
    for (const { tell } of members) {
      tell("start")
    }
    const sum = (what: keyof Done): number => members.reduce((total, { done }) => total + done()[what], 0)
    while (sum("written") < jobs) {
      await new Promise((resolve) => setTimeout(resolve, 1))
    }
    const seconds = (performance.now() - started) / 1000
    const stopped = members.map(({ says }) => says("stopped"))
    for (const { tell } of members) {
      tell("stop")
    }
    await Promise.all(stopped)
    claim(`${count} runners: jobs handled`, sum("handled"), jobs)
    claim(`${count} runners: ends committed`, sum("written"), jobs)
    return seconds
  }
  for (let tries = 0; members.some(({ done }) => done().handled === 0); tries += 1) {
    claim(`${count} runners: runners without jobs after ${tries} tries`, tries < 60 ? 0 : 1, 0)
    await run(2000)
    await new Promise((resolve) => setTimeout(resolve, 500))
  }
  return { run, stop: async () => void (await Promise.all(members.map(({ stop }) => stop()))) }
}

const startMember = async (url: string): Promise<Member> => {
  const file = fileURLToPath(new URL("./runner.js", import.meta.url))
  const child = fork(file, [url, String(await freePort())], { execArgv: [], stdio: ["ignore", 2, "inherit", "ipc"] })
  const early = (code: number | null) => {
    throw new Error(`a runner ended with ${code}`)
  }
  child.once("exit", early)
  let done = none
  child.on("message", (message) => {
    if (typeof message === "object") {
      done = message as Done
    }
  })
  const member: Member = {
    tell: (order) => {
      if (order === "start") {
        done = none
      }
      child.send(order)
    },
    done: () => done,
    says: (what) => saying(child, what),
    stop: async () => {
      child.off("exit", early)
      const ended = once(child, "exit")
      child.kill("SIGTERM")
      await ended
    }
  }
  await member.says("ready")
  return member
}

const saying = (child: ChildProcess, what: string): Promise<void> =>
  new Promise((resolve) => {
    const heard = (message: unknown) => {
      if (message === what) {
        child.off("message", heard)
        resolve()
      }
    }
    child.on("message", heard)
  })

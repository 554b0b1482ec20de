/** Queues in processes of their own, asked in turns: A B C, A C B, B C A, … after a first round that isn't counted. */
import { type ChildProcess, fork } from "node:child_process"
import { once } from "node:events"
import { fileURLToPath } from "node:url"
import { inTurns } from "../harness.ts"
import type { Measured, Task, Turn } from "./queue-process.ts"
import { type Running, tidied } from "./servers.ts"

/** A task for a queue, and how large it is. */
export interface Subject {
  /** What results call it. */
  readonly name: string
  /** The file of the queue. */
  readonly queue: string
  readonly task: Task
  readonly jobs: number
  /** How large the task of the first round is, which isn't counted; as large as the others unless given. */
  readonly warmup?: number
  /** So many jobs wait besides. The queue then has a process and a database that are this subject's alone. */
  readonly waiting?: number
}

/** A queue that answers turns. */
interface QueueProcess {
  readonly url: string
  readonly turn: (turn: Turn) => Promise<Measured>
  readonly close: () => Promise<void>
}

/** What each subject took in each round. */
export type Rounds = ReadonlyMap<Subject, ReadonlyArray<Measured>>

const rounds = 5

/** Asks each subject in each round; the queues stay, so that all but the first round finds them warm. */
export const inRounds = async (servers: Running, subjects: ReadonlyArray<Subject>): Promise<Rounds> => {
  const started = new Map<string, Promise<QueueProcess>>()
  const processOf = (subject: Subject): Promise<QueueProcess> => {
    const key = subject.waiting === undefined ? subject.queue : `${subject.queue}-with-${subject.waiting}`
    const process = started.get(key) ?? startQueue(servers, subject, key.replaceAll("-", "_"))
    started.set(key, process)
    return process
  }
  const measured = new Map(subjects.map((subject) => [subject, Array<Measured>()]))
  for (let round = 0; round <= rounds; round++) {
    for (const subject of inTurns(subjects, round)) {
      const { turn, url } = await processOf(subject)
      await tidied(url)
      const { jobs, task, warmup = jobs } = subject
      const result = await turn({ task, jobs: round === 0 ? warmup : jobs })
      report(subject, round, result)
      if (round > 0) {
        measured.get(subject)?.push(result)
      }
    }
  }
  for (const process of started.values()) {
    await (await process).close()
  }
  return measured
}

const report = ({ jobs, name, task }: Subject, round: number, { seconds, stallMs }: Measured): void => {
  const rate = round === 0 ? "" : `, ${Math.round(jobs / seconds)} jobs/s`
  const took = `${seconds.toFixed(2)} s${rate}, longest stall ${stallMs.toFixed(1)} ms`
  process.stderr.write(`  ${round === 0 ? "warm-up" : `round ${round}`}: ${name}, ${task}: ${took}\n`)
}

const startQueue = async (servers: Running, { queue, waiting }: Subject, database: string): Promise<QueueProcess> => {
  const url = await servers.database(database)
  const redis = queue === "bullmq" ? await servers.redis() : 0
  const file = fileURLToPath(new URL("./queue-process.js", import.meta.url))
  const child = fork(file, [queue, JSON.stringify({ postgres: url, redis })], {
    execArgv: ["--expose-gc"],
    stdio: ["ignore", 2, "inherit", "ipc"]
  })
  const early = failing(child, queue)
  await Promise.race([once(child, "message"), early])
  const turn = async (asked: Turn): Promise<Measured> => {
    const answer = once(child, "message")
    child.send(asked)
    const [measured] = await Promise.race([answer, early])
    return measured as Measured
  }
  if (waiting !== undefined) {
    await turn({ task: "fill", jobs: waiting })
  }
  return {
    url,
    turn,
    close: async () => {
      child.removeAllListeners("exit")
      const ended = once(child, "exit")
      child.send("close")
      await ended
    }
  }
}

const failing = (child: ChildProcess, queue: string): Promise<never> =>
  new Promise((_, reject) => child.once("exit", (code) => reject(new Error(`${queue} ended with ${code}`))))

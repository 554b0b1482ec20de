/** One queue in a process of its own: `queue-process.js <file of the queue> <its servers as JSON>`. It answers turns. */
import { monitorEventLoopDelay } from "node:perf_hooks"
import { makeHandled } from "./handled.ts"
import { longestStall, pause } from "./loop.ts"
import type { Numbers, Queue, QueueModule, Servers } from "./queue.ts"

/**
 * What a turn measures: submitting, after which the jobs are run; running jobs that are there, all of them or, where more
 * wait, as many as were added for it; or the time from submitting a job on an idle queue until it starts.
 */
export type Task = "submit" | "submitInTransactions" | "submitMany" | "process" | "fill" | "processSome" | "starts"

export interface Turn {
  readonly task: Task
  readonly jobs: number
}

/** What a turn took. */
export interface Measured {
  readonly seconds: number
  /** The longest time in which the event loop did not turn, by the clock. */
  readonly stallMs: number
  /** From submitting a job to its start, of each. */
  readonly startsMs: ReadonlyArray<number>
}

// It ends with the benchmark, however that ends.
process.once("disconnect", () => process.exit())

const [, , file = "", servers = "{}"] = process.argv
const { open }: QueueModule = await import(`./${file}.js`)
const queue = await open(JSON.parse(servers) as Servers)
const handled = makeHandled()
const loop = monitorEventLoopDelay({ resolution: 1 })
let next = 0

const numbersFor = (jobs: number): Numbers => {
  const from = next
  next += jobs
  return { from, jobs }
}

const measured = async (run: () => Promise<ReadonlyArray<number> | void>): Promise<Measured> => {
  // What came before leaves no garbage, and that collection is no stall of what follows.
  globalThis.gc?.()
  await pause(20)
  loop.reset()
  const started = performance.now()
  const startsMs = (await run()) ?? []
  const seconds = (performance.now() - started) / 1000
  return { seconds, stallMs: await longestStall(loop), startsMs }
}

/** Runs so many jobs that are there. What is measured ends with the last handler, and where that can be told, with the last commit. */
const running = async (jobs: number): Promise<Measured> => {
  const all = handled.more(jobs)
  let stop: (() => Promise<void>) | undefined
  const result = await measured(async () => {
    const runner = await queue.run(handled.handle)
    stop = runner.stop
    await all
    await runner.written?.(jobs)
  })
  await stop?.()
  return result
}

const submitting = async (numbers: Numbers, submit: Queue["submit"] | undefined): Promise<Measured> => {
  if (submit === undefined) {
    throw new Error(`${file} can't do that`)
  }
  const result = await measured(() => submit(numbers))
  await running(numbers.jobs)
  handled.checkEach(file, numbers)
  return result
}

/** One after the other, each on a queue that has been idle for a few milliseconds. */
const starts = async (jobs: number): Promise<Measured> => {
  const numbers = numbersFor(jobs)
  let started = (_now: number): void => undefined
  const runner = await queue.run((n) => {
    handled.handle(n)
    started(performance.now())
  })
  await pause(500)
  const result = await measured(async () => {
    const times: Array<number> = []
    for (let n = numbers.from; n < numbers.from + jobs; n++) {
      const start = new Promise<number>((resolve) => {
        started = resolve
      })
      const before = performance.now()
      await queue.submitOne(n)
      times.push((await start) - before)
      await pause(3 + Math.random() * 5)
    }
    return times
  })
  await runner.stop()
  handled.checkEach(file, numbers)
  return result
}

const tasks: Record<Task, (jobs: number) => Promise<Measured>> = {
  submit: (jobs) => submitting(numbersFor(jobs), queue.submit),
  submitInTransactions: (jobs) => submitting(numbersFor(jobs), queue.submitInTransactions),
  submitMany: (jobs) => submitting(numbersFor(jobs), queue.submitMany),
  fill: (jobs) => measured(() => queue.submitMany(numbersFor(jobs))),
  process: async (jobs) => {
    const numbers = numbersFor(jobs)
    await queue.submitMany(numbers)
    const result = await running(jobs)
    handled.checkEach(file, numbers)
    return result
  },
  processSome: async (jobs) => {
    await queue.submitMany(numbersFor(jobs))
    const result = await running(jobs)
    handled.checkNoneTwice(file)
    return result
  },
  starts
}

process.on("message", (turn: Turn | "close") => {
  if (turn === "close") {
    void queue.close().then(() => process.exit())
    return
  }
  tasks[turn.task](turn.jobs).then(
    (result) => process.send?.(result),
    (error) => {
      process.stderr.write(`${file}, ${turn.task}: ${error instanceof Error ? error.stack : String(error)}\n`)
      process.exit(1)
    }
  )
})
loop.enable()
process.send?.("ready")

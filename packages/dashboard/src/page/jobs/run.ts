/** Runs actions, each at most once at a time, and says what became of them. */
import { signal } from "@preact/signals"
import { loadAccess } from "./access.ts"
import { refresh } from "./live.ts"
import { complain } from "./notices.tsx"
import { type Problem, problemOf } from "./request.ts"

const running = signal<ReadonlySet<string>>(new Set())

/** Set once an action was forbidden. */
export const forbidden = signal<Problem | undefined>(undefined)

/** Whether an action runs; its buttons are disabled meanwhile. */
export const isRunning = (key: string): boolean => running.value.has(key)

/** Runs an action, unless it runs, then asks again for what is shown. */
export const run = async (key: string, action: () => Promise<void>): Promise<void> => {
  if (running.peek().has(key)) {
    return
  }
  running.value = new Set([...running.peek(), key])
  try {
    await action()
    forbidden.value = undefined
  } catch (error) {
    const problem = problemOf(error)
    if (problem.kind === "forbidden") {
      forbidden.value = problem
      void loadAccess()
    } else {
      complain(problem.kind === "lost" ? `${problem.message} It is not known whether it was done.` : problem.message)
    }
  } finally {
    running.value = new Set([...running.peek()].filter((one) => one !== key))
    refresh()
  }
}

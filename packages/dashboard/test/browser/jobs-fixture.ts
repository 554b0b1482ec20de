/**
 * A server of the page whose jobs are in memory: the API of jobs with a state that tests set and read, and the page as
 * it is built, with its strict headers.
 */
import { once } from "node:events"
import { type IncomingMessage, type ServerResponse, createServer } from "node:http"
import type {
  Access,
  DeadLetterSelection,
  Done,
  JobPage,
  JobView,
  RunnerSummary,
  Summary
} from "@parametric-portal/server/infra/jobs-page/api"
import { buildPage, strictHeaders } from "./built-page.ts"

/** A request that changed something, or tried to. */
export interface Change {
  readonly path: string
  readonly contentType: string | undefined
  readonly body: unknown
}

/** What the server answers from; tests change it as they like. */
export interface FixtureState {
  now: number
  access: Access
  jobs: Array<JobView>
  runners: Array<RunnerSummary>
  paused: Set<string>
  payloads: Map<string, string>
  /** The answer to whatever begins with this path, in place of the real one. */
  failures: Map<string, { readonly status: number; readonly body: string; readonly contentType: string }>
  /** How long each change takes. */
  delayMs: number
  readonly changes: Array<Change>
  /** The paths that were asked for. */
  readonly reads: Array<string>
}

/** A server that runs. */
export interface Fixture {
  readonly url: string
  readonly state: FixtureState
  /** Fails what begins with a path as the API does. */
  readonly fail: (path: string, status: number, message: string) => void
  readonly close: () => Promise<void>
}

export const pageLimit = 50

const endedStates: ReadonlyArray<string> = ["completed", "cancelled", "dead"]

const timeOf = (job: JobView): number => (endedStates.includes(job.state) ? (job.finishedAt ?? 0) : job.dueAt)

const listed = (state: FixtureState, parameters: URLSearchParams): JobPage => {
  const type = parameters.get("type")
  const all = state.jobs
    .filter((job) => job.state === parameters.get("state") && (type === null || job.jobType === type))
    .toSorted((a, b) => timeOf(a) - timeOf(b) || (a.id < b.id ? -1 : 1))
  const ordered = parameters.get("order") === "newest" ? all.toReversed() : all
  const after = parameters.get("after")
  const from = after === null ? 0 : ordered.findIndex(({ id }) => id === after) + 1
  const limit = Number(parameters.get("limit") ?? pageLimit)
  const items = ordered.slice(from, from + limit)
  const last = items.at(-1)
  return {
    now: state.now,
    items,
    ...(last !== undefined && from + limit < ordered.length ? { next: last.id } : {})
  }
}

const summaryOf = ({ jobs, now, paused, runners }: FixtureState): Summary => {
  const types = [...new Set([...jobs.map(({ jobType }) => jobType), ...paused])]
  return {
    now,
    runners,
    types: types.map((jobType) => {
      const count = (state: string): number =>
        jobs.filter((job) => job.jobType === jobType && job.state === state).length
      const ready = jobs.filter((job) => job.jobType === jobType && job.state === "ready")
      return {
        jobType,
        isPaused: paused.has(jobType),
        ready: ready.length,
        scheduled: count("scheduled"),
        retrying: count("retrying"),
        running: count("running"),
        dead: count("dead"),
        ...(ready.length > 0 ? { oldestReadyAgeMs: now - Math.min(...ready.map(({ dueAt }) => dueAt)) } : {})
      }
    })
  }
}

class Answer extends Error {
  readonly status: number
  readonly tag: string
  constructor(status: number, tag: string, message: string) {
    super(message)
    this.status = status
    this.tag = tag
  }
}

const jobOf = (state: FixtureState, id: string): JobView => {
  const job = state.jobs.find((one) => one.id === id)
  if (job === undefined) {
    throw new Answer(404, "NotFound", `There is no job ${id}.`)
  }
  return job
}

const replace = (state: FixtureState, job: JobView): JobView => {
  state.jobs = state.jobs.map((one) => (one.id === job.id ? job : one))
  return job
}

const replayed = (state: FixtureState, job: JobView): JobView => {
  const { finishedAt: _finished, reason: _reason, startedAt: _started, ...rest } = job
  return replace(state, { ...rest, state: "ready", attempt: 0, dueAt: state.now, replays: job.replays + 1 })
}

const changeJob = (state: FixtureState, id: string, action: string): unknown => {
  const job = jobOf(state, id)
  if (action === "cancel") {
    if (endedStates.includes(job.state)) {
      throw new Answer(409, "Refused", `Job ${id} is ${job.state} already.`)
    }
    return detailOf(state, replace(state, { ...job, state: "cancelled", finishedAt: state.now }))
  }
  if (job.state !== "dead") {
    throw new Answer(409, "Refused", `Job ${id} is no dead letter.`)
  }
  return detailOf(state, replayed(state, job))
}

const detailOf = (state: FixtureState, job: JobView) => {
  const payload = state.payloads.get(job.id)
  return { now: state.now, job, ...(payload === undefined ? {} : { payload }) }
}

const changeDead = (state: FixtureState, selection: DeadLetterSelection, action: string): Done => {
  const isDead = (job: JobView | undefined): job is JobView => job?.state === "dead"
  const left: Array<Done["left"][number]> = []
  let jobs: ReadonlyArray<JobView>
  if ("ids" in selection) {
    const found = selection.ids.map((id) => state.jobs.find((job) => job.id === id))
    jobs = found.filter(isDead)
    for (const [index, id] of selection.ids.entries()) {
      if (!isDead(found[index])) {
        left.push({ id, message: `Job ${id} is no dead letter` })
      }
    }
  } else {
    const { before, expected, type } = selection
    jobs = state.jobs.filter(
      (job) => isDead(job) && (type === undefined || job.jobType === type) && (job.finishedAt ?? 0) < before
    )
    if (jobs.length > expected) {
      throw new Answer(409, "Refused", `${jobs.length} dead letters match, more than the ${expected} confirmed.`)
    }
  }
  const ids = new Set(jobs.map(({ id }) => id))
  if (action === "delete") {
    state.jobs = state.jobs.filter(({ id }) => !ids.has(id))
  } else {
    for (const job of jobs) {
      replayed(state, job)
    }
  }
  return { done: jobs.length, left, leftCount: left.length, remaining: 0 }
}

const changeType = (state: FixtureState, type: string, action: string): Summary => {
  state.paused[action === "pause" ? "add" : "delete"](type)
  return summaryOf(state)
}

const answerTo = (state: FixtureState, url: URL, body: unknown): unknown => {
  const [group = "", subject = "", action = ""] = url.pathname.slice("/ops/jobs/".length).split("/")
  if (group === "access") {
    return state.access
  }
  if (group === "summary") {
    return summaryOf(state)
  }
  if (group === "list") {
    return listed(state, url.searchParams)
  }
  if (group === "job" && action === "") {
    return detailOf(state, jobOf(state, decodeURIComponent(subject)))
  }
  if (state.access.level !== "write") {
    throw new Answer(403, "Forbidden", "You may look, but change nothing.")
  }
  return group === "job"
    ? changeJob(state, decodeURIComponent(subject), action)
    : group === "dead"
      ? changeDead(state, body as DeadLetterSelection, subject)
      : changeType(state, decodeURIComponent(subject), action)
}

const readBody = async (request: IncomingMessage): Promise<unknown> => {
  let text = ""
  for await (const chunk of request.setEncoding("utf8")) {
    text += String(chunk)
  }
  return text === "" ? undefined : JSON.parse(text)
}

const send = (response: ServerResponse, status: number, body: string): void => {
  response.writeHead(status, { ...strictHeaders, "content-type": "application/json" }).end(body)
}

const api = async (state: FixtureState, request: IncomingMessage, response: ServerResponse): Promise<void> => {
  const url = new URL(request.url ?? "/", "http://localhost")
  const path = url.pathname.slice("/ops/".length)
  const body = await readBody(request)
  if (request.method === "POST") {
    state.changes.push({ path, contentType: request.headers["content-type"], body })
    await new Promise((resolve) => setTimeout(resolve, state.delayMs))
  } else {
    state.reads.push(path + url.search)
  }
  const failure = [...state.failures].find(([start]) => path.startsWith(start))?.[1]
  if (failure !== undefined) {
    response.writeHead(failure.status, { "content-type": failure.contentType }).end(failure.body)
    return
  }
  try {
    send(response, 200, JSON.stringify(answerTo(state, url, body)))
  } catch (error) {
    const { message, status, tag } = error instanceof Answer ? error : new Answer(500, "Defect", String(error))
    send(response, status, JSON.stringify({ _tag: tag, message }))
  }
}

/** Starts it, under the path `/ops/`, on a free port. */
export const startFixture = async (state: FixtureState, port = 0): Promise<Fixture> => {
  const files = await buildPage()
  const server = createServer((request, response) => {
    const path = (request.url ?? "").replace(/^\/ops\//, "").replace(/[?#].*$/, "")
    const file = files.get(path === "" ? "index.html" : path)
    if (path.startsWith("jobs/")) {
      void api(state, request, response)
    } else if (path === "config.json") {
      send(response, 200, JSON.stringify({ hasMetrics: false, hasJobs: true, setup: [] }))
    } else if (file === undefined) {
      send(response, 404, "{}")
    } else {
      response.writeHead(200, { ...strictHeaders, "content-type": file.contentType }).end(file.body)
    }
  })
  server.listen(port, "127.0.0.1")
  await once(server, "listening")
  const address = server.address()
  if (address === null || typeof address === "string") {
    throw new Error("The server has no port.")
  }
  return {
    url: `http://127.0.0.1:${address.port}/ops/`,
    state,
    fail: (path, status, message) => {
      state.failures.set(path, { status, body: JSON.stringify({ message }), contentType: "application/json" })
    },
    close: async () => {
      server.closeAllConnections()
      server.close()
      await once(server, "close")
    }
  }
}

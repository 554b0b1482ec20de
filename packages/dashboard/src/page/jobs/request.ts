/** Asks the API of jobs, and says in words why it was not answered. */

/** Why there is no answer. */
export interface Problem {
  /** `lost` where the server can't be reached or is not itself; else what it says. */
  readonly kind: "lost" | "forbidden" | "missing" | "refused"
  readonly message: string
}

/** A question that was not answered. */
export class RequestFailed extends Error {
  readonly problem: Problem
  constructor(problem: Problem) {
    super(problem.message)
    this.problem = problem
  }
}

/** Any failure as a problem. */
export const problemOf = (error: unknown): Problem =>
  error instanceof RequestFailed ? error.problem : { kind: "lost", message: "The server can't be reached." }

const kinds = new Map<number, Problem["kind"]>([
  [401, "forbidden"],
  [403, "forbidden"],
  [404, "missing"],
  [409, "refused"],
  [400, "refused"]
])

/** What the API answers; an answer that is not the API's is a failure. */
const answered = async <A>(response: Response): Promise<A> => {
  const isJson = response.headers.get("content-type")?.includes("json") ?? false
  if (response.ok && isJson) {
    return response.json()
  }
  const body: unknown = isJson ? await response.json() : undefined
  const said = typeof body === "object" && body !== null && "message" in body ? String(body.message) : undefined
  const kind = kinds.get(response.status) ?? "lost"
  const plain = response.ok
    ? "The answer is not from the jobs page: your login may have ended."
    : `The server answered ${`${response.status} ${response.statusText}`.trim()}.`
  // A 404 without the API's words comes from something before it, and says nothing of a job.
  throw new RequestFailed({ kind: kind === "missing" && said === undefined ? "lost" : kind, message: said ?? plain })
}

/** Reads. A server that is silent for 15 seconds counts as lost. */
export const read = async <A>(path: string, signal: AbortSignal): Promise<A> =>
  answered<A>(
    await fetch(`jobs/${path}`, {
      headers: { accept: "application/json" },
      signal: AbortSignal.any([signal, AbortSignal.timeout(15_000)])
    })
  )

/** Changes. */
export const change = async <A>(path: string, body: unknown = {}): Promise<A> =>
  answered<A>(
    await fetch(`jobs/${path}`, {
      method: "POST",
      headers: { accept: "application/json", "content-type": "application/json" },
      body: JSON.stringify(body)
    })
  )

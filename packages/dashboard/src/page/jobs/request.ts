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

/** By the status, and whether the API itself said something: other 404s come from what is before it. */
const kindOf = (status: number, isSaid: boolean): Problem["kind"] =>
  status === 401 || status === 403
    ? "forbidden"
    : !isSaid || status >= 500
      ? "lost"
      : status === 404
        ? "missing"
        : "refused"

/** With a full stop, for something may follow. */
const sentence = (text: string): string => (/[.!?…]$/.test(text) ? text : `${text}.`)

/** What the API answers; an answer that is not the API's is a failure. */
const answered = async <A>(response: Response): Promise<A> => {
  const isJson = response.headers.get("content-type")?.includes("json") ?? false
  if (response.ok && isJson) {
    return response.json()
  }
  const body: unknown = isJson ? await response.json() : undefined
  const said = typeof body === "object" && body !== null && "message" in body ? String(body.message) : undefined
  const plain = response.ok
    ? "The answer is not from the jobs page: your login may have ended."
    : `The server answered ${`${response.status} ${response.statusText}`.trim()}.`
  throw new RequestFailed({
    kind: kindOf(response.status, said !== undefined),
    message: sentence(said ?? plain)
  })
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

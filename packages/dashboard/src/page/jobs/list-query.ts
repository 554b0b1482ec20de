/** Which jobs are listed, in the address of the screen and in the question to the server. */
import { hrefOf } from "../address.ts"
import type { JobView } from "./shapes.ts"

export type State = JobView["state"]

/** In the order of a job's life. */
export const states: ReadonlyArray<State> = [
  "ready",
  "scheduled",
  "retrying",
  "running",
  "dead",
  "completed",
  "cancelled"
]

export const pageSize = 50

export interface ListQuery {
  readonly state: State
  readonly type?: string | undefined
  readonly order: "oldest" | "newest"
  /** Where the page begins, as the server said; absent on the first. */
  readonly after?: string | undefined
  /** The number of the page, for the reader. */
  readonly page: number
}

/** What waits begins with what is due first, what has ended with what ended last. */
const usualOrder = (state: State): ListQuery["order"] =>
  state === "completed" || state === "cancelled" || state === "dead" ? "newest" : "oldest"

/** The query of an address; what it does not know in it is as if it was not there. */
export const listQueryOf = (parameters: URLSearchParams): ListQuery => {
  const state = states.find((one) => one === parameters.get("state")) ?? "running"
  const order = parameters.get("order")
  const page = Math.floor(Number(parameters.get("page")))
  return {
    state,
    type: parameters.get("type") || undefined,
    order: order === "oldest" || order === "newest" ? order : usualOrder(state),
    after: parameters.get("after") || undefined,
    page: page > 1 ? page : 1
  }
}

/** The address of a query. */
export const listHref = ({ after, order, page, state, type }: ListQuery): string =>
  hrefOf("jobs", "", {
    state,
    type,
    order: order === usualOrder(state) ? undefined : order,
    after,
    page: page > 1 ? String(page) : undefined
  })

/** The address of the first page of a state, maybe of one type, in its usual order. */
export const stateHref = (state: State, type?: string): string =>
  listHref({ state, type, order: usualOrder(state), page: 1 })

/** What the server is asked. */
export const listPath = ({ after, order, state, type }: ListQuery): string => {
  const parameters = new URLSearchParams({ state, order, limit: String(pageSize) })
  if (type !== undefined) {
    parameters.set("type", type)
  }
  if (after !== undefined) {
    parameters.set("after", after)
  }
  return `list?${parameters}`
}

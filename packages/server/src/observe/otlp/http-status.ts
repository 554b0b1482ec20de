/** What statuses of HTTP mean for what was sent. */
import type { Reason } from "./transport.ts"

/** What is to be done; what is not here costs the whole export. */
export const reasonOfStatus = (status: number): Reason => reasons[status] ?? "all"

/** A proxy answered for the receiver, which may have taken the request. */
export const isOfProxy = (status: number): boolean => status === 502 || status === 504

const reasons: Readonly<Record<number, Reason>> = {
  400: "content",
  422: "content",
  500: "content",
  413: "size",
  408: "unavailable",
  429: "unavailable",
  502: "unavailable",
  503: "unavailable",
  504: "unavailable"
}

/**
 * The requests under way on one connection of Node. When it closes, nobody tells of the end of the responses that wait
 * behind others (pipelining): Node emits nothing for a response that never had the socket.
 */
import { type Connection, whenClosed } from "./request-attributes.ts"
import type { Requests, ServedRequest } from "./served-request.ts"

/** Told of the end of each request. */
export type Ended = Pick<Requests, "ended">

/** The requests under way on one connection. */
export class Pipeline implements Requests {
  private readonly connection: Connection
  private readonly all: Ended
  private readonly underWay = new Map<object, ServedRequest>()
  /** Those that others are before, in the order of their arrival. */
  private behind: Set<ServedRequest> | undefined = undefined

  constructor(connection: Connection, all: Ended) {
    this.connection = connection
    this.all = all
  }

  find(source: object): ServedRequest | undefined {
    return this.underWay.get(source)
  }

  begun(served: ServedRequest): void {
    this.underWay.set(served.arriving.source, served)
    if (this.underWay.size > 1 || isWriting(this.connection)) {
      this.behind ??= this.watchedBehind()
      this.behind.add(served)
    }
  }

  ended(served: ServedRequest): void {
    this.underWay.delete(served.arriving.source)
    this.behind?.delete(served)
    this.all.ended(served)
  }

  // One listener for each connection that is pipelined; others need none.
  private watchedBehind(): Set<ServedRequest> {
    const behind = new Set<ServedRequest>()
    const closed = (): void => {
      // The response that has the socket is told of it by Node, and has status and body that were sent.
      const [first] = this.underWay.size === behind.size ? behind : []
      for (const served of Array.from(behind)) {
        if (served !== first || !served.isStreaming) {
          served.neverSent()
        }
      }
    }
    whenClosed(this.connection, () => setTimeout(closed, 0))
    return behind
  }
}

const isWriting = ({ writableLength }: Connection): boolean => typeof writableLength === "number" && writableLength > 0

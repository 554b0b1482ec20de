/**
 * The responses that wait behind others on one connection of Node (pipelining). When the connection closes, nobody tells
 * of their end: Node emits nothing for a response that never had the socket.
 */
import { type Connection, whenClosed } from "./request-attributes.ts"
import type { ServedRequest } from "./served-request.ts"

/** The requests under way on one connection. */
export interface Pipeline {
  underWay: number
  /** In the order of their arrival. */
  behind: Set<ServedRequest> | undefined
}

/** The requests under way by connection. */
export class Pipelines {
  private readonly known = new WeakMap<Connection, Pipeline>()

  /** A request has arrived: the pipeline it is in. One that others are before is ended with its connection. */
  begun(connection: Connection, served: ServedRequest): Pipeline {
    const pipeline = this.known.get(connection)
    if (pipeline === undefined) {
      const made: Pipeline = { underWay: 1, behind: undefined }
      this.known.set(connection, made)
      return made
    }
    pipeline.underWay += 1
    if (pipeline.underWay > 1 || isWriting(connection)) {
      pipeline.behind ??= watchedBehind(connection, pipeline)
      pipeline.behind.add(served)
    }
    return pipeline
  }
}

/** A request that had begun has ended. */
export const leave = (pipeline: Pipeline, served: ServedRequest): void => {
  pipeline.underWay -= 1
  pipeline.behind?.delete(served)
}

const isWriting = ({ writableLength }: Connection): boolean => typeof writableLength === "number" && writableLength > 0

// One listener for each connection that is pipelined; others need none.
const watchedBehind = (connection: Connection, pipeline: Pipeline): Set<ServedRequest> => {
  const behind = new Set<ServedRequest>()
  const closed = (): void => {
    // The response that has the socket is told of it by Node, and has status and body that were sent.
    const [first] = pipeline.underWay === behind.size ? behind : []
    for (const served of Array.from(behind)) {
      if (served !== first || !served.isStreaming) {
        served.neverSent()
      }
    }
  }
  whenClosed(connection, () => setTimeout(closed, 0))
  return behind
}

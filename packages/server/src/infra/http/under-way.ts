/**
 * The requests under way to the servers of one registry, by what each was received with. Those by HTTP/1.1 are kept with
 * their connection: one `WeakMap` whose keys come and go with each request made up nearly half of what all this costs.
 */
import { isStream } from "./http2-stream.ts"
import { type Ended, Pipeline } from "./pipeline.ts"
import type { Connection } from "./request-attributes.ts"
import type { Requests, ServedRequest } from "./served-request.ts"

/** The requests under way. */
export class UnderWay {
  /** The one that has begun last, unless it has ended: what has is not kept, as its response may be large. */
  latest: ServedRequest | undefined = undefined
  private readonly pipelines = new WeakMap<Connection, Pipeline>()
  private readonly others = new Others(this)

  /** Those among which a request is, or is to be. */
  of(source: object, connection: Connection): Requests {
    if (connection.destroyed === undefined || isStream(source)) {
      return this.others
    }
    const known = this.pipelines.get(connection)
    if (known !== undefined) {
      return known
    }
    const made = new Pipeline(connection, this)
    this.pipelines.set(connection, made)
    return made
  }

  /** A request has ended. */
  ended(served: ServedRequest): void {
    if (this.latest === served) {
      this.latest = undefined
    }
  }
}

// Nobody may tell of the end of one that a web handler was given.
class Others implements Requests {
  private readonly known = new WeakMap<object, ServedRequest>()
  private readonly all: Ended

  constructor(all: Ended) {
    this.all = all
  }

  find(source: object): ServedRequest | undefined {
    return this.known.get(source)
  }

  begun(served: ServedRequest): void {
    this.known.set(served.arriving.source, served)
  }

  ended(served: ServedRequest): void {
    this.known.delete(served.arriving.source)
    this.all.ended(served)
  }
}

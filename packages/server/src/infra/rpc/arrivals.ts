/**
 * Calls that have arrived at a server and whose handlers have not begun: they wait for the server's `concurrency`, or are
 * refused. Each is counted by whoever comes first: its handler and middlewares as they begin, or its end before that.
 */
import type { RequestEncoded } from "@effect/rpc/RpcMessage"
import type * as Exit from "effect/Exit"
import { attempt } from "../../observe/catalogue/attempt.ts"
import { interrupted, type Outcome } from "../../observe/catalogue/outcome.ts"
import { type AnyFiber, currentFiber } from "../../observe/instrument/fiber.ts"
import { ofExit } from "../../observe/track/outcome-of.ts"
import { Watch, type Watcher } from "../../observe/track/watch.ts"

/** A call that has arrived. */
export class Arrival {
  readonly method: string
  /** The server has called the handler, so it will run unless something ends the call before. */
  isCalled = false
  /** Its handler is uninterruptible, and runs after its wait whoever interrupts it. */
  isUninterruptible = false
  private state: "waiting" | "begun" | "ended" = "waiting"
  private readonly watch: Watch
  private readonly left: (arrival: Arrival) => void

  constructor(method: string, watcher: Watcher, left: (arrival: Arrival) => void) {
    this.method = method
    this.watch = new Watch(watcher, currentFiber())
    this.left = left
  }

  /** Its handler or one of its middlewares begins, and counts it; `false` when it is counted already. */
  begin(): boolean {
    if (this.state === "waiting") {
      this.state = "begun"
      this.left(this)
    }
    return this.state === "begun"
  }

  /** It ends. What has begun is counted elsewhere. */
  end(outcome: Outcome): void {
    if (this.state === "waiting") {
      this.state = "ended"
      this.left(this)
      this.watch.end(outcome)
    }
  }

  /** Its client does not want it any more, or is gone. */
  interrupt(): void {
    if (!this.isUninterruptible) {
      this.end(interrupted)
    }
  }

  /** The server has taken it over, or has refused it: then it has not called the handler. */
  received(exit: Exit.Exit<unknown, unknown>, refusal: Outcome): void {
    if (!this.isCalled) {
      this.end(exit._tag === "Success" ? refusal : ofExit(exit))
    }
  }
}

/** The calls that wait, of the clients of one server. */
export class Arrivals {
  private readonly byClient = new Map<number, Map<unknown, Arrival>>()

  /** A call has arrived, on this fiber, which calls its handler before it takes the next. */
  arrive(clientId: number, request: RequestEncoded, watcher: Watcher): Arrival {
    const { id, tag } = request
    const ofClient = this.byClient.get(clientId) ?? new Map<unknown, Arrival>()
    this.byClient.set(clientId, ofClient)
    const number = idOf(id)
    const arrival = new Arrival(tag, watcher, (left) => {
      ofClient.delete(ofClient.get(number) === left ? number : left)
      if (ofClient.size === 0) {
        this.byClient.delete(clientId)
      }
    })
    // A client may use an id again before its call has ended.
    ofClient.set(number === undefined || ofClient.has(number) ? arrival : number, arrival)
    const fiber = currentFiber()
    if (fiber !== undefined) {
      arriving.set(fiber, arrival)
    }
    return arrival
  }

  /** A client has interrupted a call. */
  interrupt(clientId: number, id: string): void {
    this.byClient.get(clientId)?.get(idOf(id))?.interrupt()
  }

  /** A client is gone, and its calls with it. */
  leave(clientId: number): void {
    this.byClient.get(clientId)?.forEach((arrival) => arrival.interrupt())
  }

  /** The server is gone. */
  close(): void {
    this.byClient.forEach((_, clientId) => this.leave(clientId))
  }
}

/** The call whose handler or middleware the server calls now, on this fiber, if its protocol is watched. */
export const arrivalOf = (method: string): Arrival | undefined => {
  const fiber = currentFiber()
  const arrival = fiber === undefined ? undefined : arriving.get(fiber)
  if (arrival?.method !== method) {
    return undefined
  }
  arrival.isCalled = true
  return arrival
}

const arriving = new WeakMap<AnyFiber, Arrival>()

// As the server reads it.
const idOf = (id: unknown): bigint | undefined =>
  typeof id === "bigint" ? id : typeof id === "string" ? attempt(() => BigInt(id)) : undefined

/**
 * The sockets that a library opens and shows to nobody. gRPC's goes on with a connection that is not made yet after all
 * was closed, which keeps the process alive for as long as a silent address is silent; and it tells no code of what failed.
 */
import * as Predicate from "effect/Predicate"
import { AsyncLocalStorage } from "node:async_hooks"
import { subscribe } from "node:diagnostics_channel"
import { Socket } from "node:net"

/** The sockets that are opened by what runs with them. */
export class Sockets {
  private readonly open = new Set<Socket>()
  private failed: ReadonlyArray<Error> = []
  private isConnected = false

  /** Runs something whose sockets are these, also those that it opens later. */
  run<A>(something: () => A): A {
    listen()
    this.failed = []
    this.isConnected = this.isOpen
    return holder.run(this, something)
  }

  /** Why nothing listens; empty where something did. */
  get failures(): ReadonlyArray<Error> {
    return this.isConnected ? [] : this.failed
  }

  /** Whether one is there, or was since something ran last. */
  get hasConnected(): boolean {
    return this.isConnected
  }

  get isOpen(): boolean {
    return this.open.size > 0
  }

  /** Closes all. */
  destroy(): void {
    this.open.forEach((socket) => socket.destroy())
  }

  add(socket: Socket): void {
    this.open.add(socket)
    socket.once("connect", () => {
      this.isConnected = true
    })
    socket.once("error", (error) => {
      this.failed = [...this.failed, error]
    })
    socket.once("close", () => this.open.delete(socket))
  }
}

const holder = new AsyncLocalStorage<Sockets>()

let isListening = false

/** Node tells of each socket of a client as it is made. */
const listen = (): void => {
  if (!isListening) {
    isListening = true
    subscribe("net.client.socket", (message) => {
      const socket = Predicate.hasProperty(message, "socket") ? message.socket : undefined
      if (socket instanceof Socket) {
        holder.getStore()?.add(socket)
      }
    })
  }
}

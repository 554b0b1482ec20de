/**
 * A collector in a process of its own, so that its work is not measured: `collector.js [hangs]`. It counts the spans and
 * the log records that come to each path, and acknowledges at once, or never.
 */
import { createServer } from "node:http"
import type { AddressInfo } from "node:net"

/** What the parent waits for. */
export interface Awaited {
  readonly path: string
  readonly records: number
}

const hangs = process.argv.includes("hangs")
const received = new Map<string, number>()
let awaited: Awaited | undefined

const tell = (): void => {
  const records = awaited === undefined ? 0 : (received.get(awaited.path) ?? 0)
  if (awaited !== undefined && records >= awaited.records) {
    awaited = undefined
    process.send?.(records)
  }
}

/** The number of fields of a protobuf message that lie at a path of field numbers. */
const fieldsAt = (message: Buffer, [field, ...further]: ReadonlyArray<number>): number => {
  let at = 0
  const varint = (): number => {
    for (let value = 0, factor = 1; ; factor *= 128) {
      const byte = message[at++] ?? 0
      value += (byte % 128) * factor
      if (byte < 128) {
        return value
      }
    }
  }
  // What has a fixed length, by wire type.
  const fixed = new Map([
    [1, 8],
    [5, 4]
  ])
  let found = 0
  while (at < message.length) {
    const key = varint()
    const value = key % 8 === 0 || key % 8 === 2 ? varint() : 0
    if (key % 8 === 2) {
      const inside = message.subarray(at, at + value)
      found += Math.floor(key / 8) !== field ? 0 : further.length === 0 ? 1 : fieldsAt(inside, further)
      at += value
    }
    at += fixed.get(key % 8) ?? 0
  }
  return found
}

/** In `ExportTraceServiceRequest` as in that of logs: of resource 1, of scope 2, in it the records as field 2. */
const records = [1, 2, 2]

const server = createServer((request, response) => {
  const parts: Array<Buffer> = []
  request.on("data", (part: Buffer) => parts.push(part))
  request.on("end", () => {
    const path = request.url ?? ""
    received.set(path, (received.get(path) ?? 0) + fieldsAt(Buffer.concat(parts), records))
    if (!hangs) {
      response.writeHead(200, { "content-type": "application/x-protobuf" }).end()
    }
    tell()
  })
})

server.listen(0, "localhost", () => process.send?.((server.address() as AddressInfo).port))

process.on("message", (message) => {
  awaited = message as Awaited
  tell()
})

// It ends with the benchmark, however that ends.
process.once("disconnect", () => process.exit())

/**
 * Events of `text/event-stream`, encoded once for all who see them. The blocks of deflate that an event becomes refer to
 * nothing before them and end on a whole byte, so that they can stand in the stream of any connection, after the head
 * of a gzip file. A file that consists of several would be simpler, but browsers read the first one only.
 */
import { constants, deflateRawSync } from "node:zlib"

export interface SharedEvent {
  readonly plain: Uint8Array
  readonly deflated: Uint8Array
}

/** The ten bytes that a gzip file begins with, of no name, no time and an unknown system (RFC 1952). */
export const gzipHead: Uint8Array = Uint8Array.of(0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff)

/** An event with a name and JSON as its data. Both forms are made when they are first asked for. */
export const makeEvent = (name: string, data: unknown): SharedEvent => {
  let plain: Uint8Array | undefined
  let deflated: Uint8Array | undefined
  const text = () => (plain ??= Buffer.from(`event: ${name}\ndata: ${JSON.stringify(data)}\n\n`))
  return {
    get plain() {
      return text()
    },
    get deflated() {
      return (deflated ??= deflateRawSync(text(), { level: 6, finishFlush: constants.Z_SYNC_FLUSH }))
    }
  }
}

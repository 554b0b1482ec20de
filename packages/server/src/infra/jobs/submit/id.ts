/**
 * Ids of jobs: UUIDs of version 7 (RFC 9562) that sort in the order in which a process makes them, which is what an
 * index likes best. The time in them is used for nothing.
 */

/** A new id, at a time in epoch milliseconds. */
export const next = (nowMs: number): string => {
  const at = Number.isFinite(nowMs) ? Math.min(Math.max(Math.floor(nowMs), 0), latestMs) : 0
  if (at > lastMs) {
    lastMs = at
    counter = 0
  } else {
    counter += 1
  }
  if (counter > mostInOneMs) {
    lastMs += 1
    counter = 0
  }
  const time = lastMs.toString(16).padStart(12, "0")
  const high = (counter >>> 6).toString(16).padStart(3, "0")
  // The variant's two bits, the low six bits of the counter, and chance.
  const low = (0x80 | (counter & 0x3f)).toString(16)
  return `${time.slice(0, 8)}-${time.slice(8)}-7${high}-${low}${chance(1)}-${chance(6)}`
}

const latestMs = 2 ** 48 - 2
/** Eighteen bits of a counter follow the time. */
const mostInOneMs = 2 ** 18 - 1

// A process has one: ids sort also over several services. A clock that is set back is waited for.
let lastMs = 0
let counter = 0

const pool = new Uint8Array(7 * 512)
let used = pool.length

/** So many random bytes in hexadecimal digits. */
const chance = (bytes: number): string => {
  if (used + bytes > pool.length) {
    globalThis.crypto.getRandomValues(pool)
    used = 0
  }
  const from = used
  used += bytes
  let text = ""
  for (let at = from; at < used; at += 1) {
    text += hex[pool[at] ?? 0]
  }
  return text
}

const hex = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, "0"))

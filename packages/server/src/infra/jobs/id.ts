/** The ids of jobs: 26 characters that sort by the time of submission, made by whoever submits. */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"

const alphabet = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"

/** A new id. */
export const make: Effect.Effect<string> = Effect.map(Clock.currentTimeMillis, (nowMs) => timePart(nowMs) + chance())

/** The smallest id that could have been made at this time. */
export const firstAt = (ms: number): string => timePart(ms) + alphabet.charAt(0).repeat(16)

const timePart = (ms: number): string => {
  let rest = Math.max(0, Math.floor(ms))
  let text = ""
  for (let place = 0; place < 10; place += 1) {
    text = alphabet.charAt(rest % 32) + text
    rest = Math.floor(rest / 32)
  }
  return text
}

const chance = (): string =>
  Array.from(globalThis.crypto.getRandomValues(new Uint8Array(16)), (byte) => alphabet.charAt(byte % 32)).join("")

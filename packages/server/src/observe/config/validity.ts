/** Whether certificates are valid now, as far as the clock of this machine can tell. */
import * as DateTime from "effect/DateTime"
import * as Option from "effect/Option"
import type { X509Certificate } from "node:crypto"

/**
 * Clocks of two machines may differ by so much, as Kerberos allows: our client certificate is judged by the clock of the
 * collector, and one that was issued just now by another clock than ours. What lies within it is left to the handshake.
 */
const skewMs = 5 * 60_000

/** Why a certificate is not valid at a time: that it expired, or that it is not valid yet, and the date. */
export const invalidAt = ({ validFrom, validTo }: X509Certificate, nowMs: number): string | undefined => {
  const from = dateOf(validFrom)
  const to = dateOf(validTo)
  if (to !== undefined && to.epochMillis + skewMs < nowMs) {
    return `expired at ${shownDate(to)}`
  }
  return from !== undefined && from.epochMillis - skewMs > nowMs ? `is not valid before ${shownDate(from)}` : undefined
}

/** Why none of these certificates is valid at a time; the one that is valid longest stands for them. */
export const noneValidAt = (certificates: ReadonlyArray<X509Certificate>, nowMs: number): string | undefined => {
  const [last, ...others] = [...certificates].sort((one, other) => endOf(other) - endOf(one))
  if (last === undefined || certificates.some((one) => invalidAt(one, nowMs) === undefined)) {
    return undefined
  }
  const why = invalidAt(last, nowMs)
  return others.length === 0 ? `which ${why}` : `none of whose ${certificates.length} certificates is valid: one ${why}`
}

/** The end of a certificate's time, as an error or the log shows it. */
export const endOfValidity = ({ validTo }: X509Certificate): string => {
  const to = dateOf(validTo)
  return to === undefined ? validTo : shownDate(to)
}

/** A time in milliseconds since the epoch, in UTC. */
export const shownTime = (ms: number): string =>
  Option.match(DateTime.make(ms), { onNone: () => "a time that is none", onSome: shownDate })

const shownDate = (date: DateTime.DateTime): string => DateTime.formatIso(date).replace(/\.000Z$/, "Z")

const endOf = ({ validTo }: X509Certificate): number => dateOf(validTo)?.epochMillis ?? Number.POSITIVE_INFINITY

/** OpenSSL writes `Nov  6 00:52:00 2026 GMT`. */
const dateOf = (text: string): DateTime.DateTime | undefined =>
  Option.getOrUndefined(DateTime.make(text.replace(/ GMT$/, " +00:00")))

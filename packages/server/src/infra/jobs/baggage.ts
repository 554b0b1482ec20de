/**
 * What a program says of the work that it does, by names: the baggage of its jobs. Effect has none of its own. As text
 * it is W3C Baggage (https://www.w3.org/TR/baggage/); properties of members are not kept.
 */
import * as Context from "effect/Context"
import { attempt } from "../../observe/catalogue/attempt.ts"

/** Values by their keys; keys are tokens as HTTP has them. */
export type Baggage = Readonly<Record<string, string>>

/** Which keys are carried with a job. */
export type BaggageKeys = boolean | ReadonlyArray<string>

/**
 * The baggage of what runs: empty unless provided. With the option `baggage` it is kept with each job that is
 * submitted, and is there again in its attempts.
 */
export class JobBaggage extends Context.Reference<JobBaggage>()("@parametric-portal/server/JobBaggage", {
  defaultValue: (): Baggage => ({})
}) {
  /**
   * The text of a `baggage` header. What is no member is left out, and of the others the last ones where they are more
   * than 64 members or 8,192 characters together, as the specification has it.
   */
  static readonly toHeader = (baggage: Baggage): string => textOf(Object.entries(baggage))

  /** Reads a `baggage` header, or text that came from elsewhere, within the same limits. Never fails. */
  static readonly fromHeader = (header: string): Baggage => Object.fromEntries(membersOf(header))
}

/** The text of the baggage that is carried; undefined where nothing is. */
export const carriedText = (baggage: Baggage, keys: BaggageKeys): string | undefined =>
  keys === false ? undefined : textOf(Object.entries(baggage).filter(([key]) => isCarried(keys, key))) || undefined

/** The baggage of such a text; undefined where nothing of it is carried. */
export const carriedBaggage = (text: string | undefined, keys: BaggageKeys): Baggage | undefined => {
  const members = text === undefined || keys === false ? [] : membersOf(text).filter(([key]) => isCarried(keys, key))
  return members.length === 0 ? undefined : Object.fromEntries(members)
}

/** Whether a key is one that a member can have. */
export const isBaggageKey = (key: string): boolean => tokens.test(key)

const isCarried = (keys: BaggageKeys, key: string): boolean => (typeof keys === "boolean" ? keys : keys.includes(key))

type Members = ReadonlyArray<readonly [key: string, value: string]>

const mostMembers = 64
const mostCharacters = 8192

const textOf = (members: Members): string => {
  const parts: Array<string> = []
  let length = 0
  for (const [key, value] of members) {
    const part = tokens.test(key) ? `${key}=${encodeURIComponent(String(value).toWellFormed())}` : ""
    const longer = length + part.length + (parts.length === 0 ? 0 : 1)
    if (part !== "" && longer <= mostCharacters && parts.length < mostMembers) {
      parts.push(part)
      length = longer
    }
  }
  return parts.join(",")
}

const membersOf = (text: string): Members =>
  (text.length <= mostCharacters ? text : text.slice(0, Math.max(0, text.lastIndexOf(",", mostCharacters))))
    .split(",")
    .flatMap((part) => {
      const [, key, value] = member.exec(part) ?? []
      const decoded = value === undefined ? undefined : attempt(() => decodeURIComponent(value))
      return key === undefined || decoded === undefined ? [] : [[key, decoded] as const]
    })
    .slice(0, mostMembers)

const token = "[!#$%&'*+.^_`|~0-9A-Za-z-]+"
const tokens = new RegExp(`^${token}$`)
// A value ends with its properties, of which nothing is kept.
const member = new RegExp(`^[ \\t]*(${token})[ \\t]*=[ \\t]*([!#-+\\--:<-\\[\\]-~]*)[ \\t]*(?:;.*)?$`)

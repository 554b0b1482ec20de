/** The formats of `OTEL_*` values, each with the words for what is expected. */
import * as Option from "effect/Option"
import * as Predicate from "effect/Predicate"
import { type Header, mergeHeaders } from "./headers.ts"
import { notShown, shownUrl } from "./shown-address.ts"
import type { Format } from "./variable.ts"

/** Any text. */
export const text: Format<string> = { expected: "any text", parse: (value) => value }

/** `true` or `false`, in any case. */
export const flag: Format<boolean> = {
  expected: "true, false",
  parse: (value) => {
    const word = value.toLowerCase()
    return word === "true" ? true : word === "false" ? false : undefined
  }
}

/** A whole number of milliseconds above 0. */
export const milliseconds: Format<number> = {
  expected: "a whole number of milliseconds from 1 to 2147483647",
  parse: (value) => (/^\d{1,10}$/.test(value) ? within(Number(value), 1, 2_147_483_647) : undefined)
}

/** A port; 0 takes a free one. */
export const port: Format<number> = {
  expected: "a port from 0 to 65535",
  parse: (value) => (/^\d{1,5}$/.test(value) ? within(Number(value), 0, 65_535) : undefined)
}

/** One of some words, in any case. */
export const oneOf = <const Word extends string>(...words: ReadonlyArray<Word>): Format<Word> => ({
  expected: words.join(", "),
  parse: (value) => words.find((word) => word === value.toLowerCase())
})

/** Some of some words, separated by commas; `none` stands alone. */
export const someOf = <const Word extends string>(...words: ReadonlyArray<Word>): Format<ReadonlyArray<Word>> => ({
  expected: `one or more of ${words.join(", ")}, separated by commas, or none`,
  parse: (value) => {
    const given = value
      .toLowerCase()
      .split(",")
      .map((one) => one.trim())
      .filter((one) => one !== "")
    if (given.length === 1 && given[0] === "none") {
      return []
    }
    const known = words.filter((word) => given.includes(word))
    return given.length > 0 && given.every((one) => words.some((word) => word === one)) ? known : undefined
  }
})

/** A URL of http or https. */
export const url: Format<URL> = {
  expected: "a URL that begins with http:// or https://",
  show: shownUrl,
  parse: (value) => {
    if (!/^https?:\/\/[^/]/i.test(value) || !URL.canParse(value)) {
      return undefined
    }
    const address = new URL(value)
    // Node takes 0 for no port.
    if (address.port === "0") {
      return undefined
    }
    address.username = decodable(address.username)
    address.password = decodable(address.password)
    return address
  }
}

/** A % that encodes nothing stands for itself. Node decodes user and password, and throws where it can't. */
const decodable = (encoded: string): string => {
  const literal = encoded.replace(/%(?![0-9a-f]{2})/gi, "%25")
  return decoded(literal) === undefined ? encoded.replaceAll("%", "%25") : literal
}

/** `key=value` pairs separated by commas, percent-encoded, as W3C Baggage has them; later ones win. None is shown. */
export const pairs: Format<Readonly<Record<string, string>>> = {
  expected: "key=value pairs separated by commas, with special characters percent-encoded",
  show: () => notShown,
  parse: (value) => {
    const read = readPairs(value, /^[^\s=,;"\\()<>@[\]{}]+$/)
    return read && Object.fromEntries(read)
  }
}

/** The same, for headers that are sound in the words of `expected`. */
export const headers = ({ expected, isSound }: HeaderRule): Format<Readonly<Record<string, string>>> => ({
  expected: `name=value pairs separated by commas, with special characters percent-encoded${expected.pairs}`,
  show: () => notShown,
  parse: (value) => {
    const read = readPairs(value, headerName)
    return read?.every(isSound) === true ? mergeHeaders(read) : undefined
  }
})

/** What a protocol allows as a header. */
export interface HeaderRule {
  readonly isSound: (header: Header) => boolean
  /** What is expected of those in a variable, besides its form, and of those in an option. */
  readonly expected: { readonly pairs: string; readonly option: string }
}

/** A header as HTTP allows it: names are tokens in any case, and values are visible characters. A variable that is not set may be the value of an option, where nobody checks types. */
export const isHeader = ([name, value]: Header): boolean =>
  headerName.test(name) && Predicate.isString(value) && headerValue.test(value)

/** The headers of HTTP. */
export const httpHeaders: HeaderRule = {
  isSound: isHeader,
  expected: {
    pairs: "",
    option: "names of letters, digits and !#$%&'*+.^_`|~- with values of visible characters, spaces and tabs"
  }
}

const headerName = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/
const headerValue = /^[\t\x20-\x7e\x80-\xff]*$/

const within = (value: number, least: number, most: number): number | undefined =>
  value >= least && value <= most ? value : undefined

const readPairs = (value: string, name: RegExp): ReadonlyArray<Header> | undefined => {
  const read: Array<Header> = []
  for (const pair of value.split(",")) {
    if (pair.trim() === "") {
      continue
    }
    const at = pair.indexOf("=")
    const key = decoded(pair.slice(0, Math.max(at, 0)).trim())
    const content = decoded(pair.slice(at + 1).trim())
    if (at < 1 || key === undefined || content === undefined || !name.test(key)) {
      return undefined
    }
    read.push([key, content])
  }
  return read
}

/** Percent-encoded text as what it stands for; undefined where the encoding is broken. */
export const decoded = (value: string): string | undefined => Option.getOrUndefined(decode(value))

const decode = Option.liftThrowable(decodeURIComponent)

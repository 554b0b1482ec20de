/** Writes data as YAML: maps, lists, numbers, booleans and text, which is all that Prometheus and Grafana need here. */

export type Yaml = string | number | boolean | ReadonlyArray<Yaml> | { readonly [key: string]: Yaml | undefined }

/** A YAML document. Text of several lines is a block, so that expressions stay readable. */
export const yaml = (value: Yaml): string => `${lines(value).join("\n")}\n`

const lines = (value: Yaml): ReadonlyArray<string> => {
  if (isList(value)) {
    return value.length === 0 ? ["[]"] : value.flatMap(item)
  }
  if (typeof value !== "object") {
    return scalar(value)
  }
  const entries = Object.entries(value).flatMap(([key, inner]) => entry(key, inner))
  return entries.length === 0 ? ["{}"] : entries
}

const item = (value: Yaml): ReadonlyArray<string> => {
  const [first = "", ...rest] = lines(value)
  return [`- ${first}`, ...rest.map((line) => (line === "" ? line : `  ${line}`))]
}

const entry = (key: string, value: Yaml | undefined): ReadonlyArray<string> => {
  if (value === undefined) {
    return []
  }
  const [first = "", ...rest] = lines(value)
  const isNested = typeof value === "object" && first !== "[]" && first !== "{}"
  const name = isPlainKey(key) ? key : quoted(key)
  return isNested
    ? [`${name}:`, ...[first, ...rest].map((line) => (line === "" ? line : `  ${line}`))]
    : [`${name}: ${first}`, ...rest.map((line) => (line === "" ? line : `  ${line}`))]
}

const scalar = (value: string | number | boolean): ReadonlyArray<string> => {
  if (typeof value !== "string") {
    return [String(value)]
  }
  if (isBlock(value)) {
    return ["|-", ...value.split("\n")]
  }
  return [plain.test(value) && !isWord(value) ? value : quoted(value)]
}

// What a block keeps as it is: it begins and ends with text, and holds nothing that YAML reads as another end of a line.
const isBlock = (text: string): boolean =>
  /^[^\s#][\t\n\x20-\x7e\xa0-\u2027\u202a-\ud7ff]*\S$/.test(text) && text.includes("\n")

/** JSON, which YAML reads in quotes; with escapes for ends of lines that only YAML knows. */
const quoted = (text: string): string =>
  JSON.stringify(text).replaceAll(
    /[\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`
  )

// Text that needs no quotes, because it can't be read as anything else.
const plain = /^([A-Za-z/][A-Za-z0-9_./:-]*[A-Za-z0-9_/]|[0-9]+[smhd])$/

const isPlainKey = (key: string): boolean => /^[A-Za-z_][A-Za-z0-9_./-]*$/.test(key) && !isWord(key)

// In other parsers they are booleans, nothing, or a number.
const isWord = (text: string): boolean => words.has(text.toLowerCase()) || /^e[-+]?\d+$/i.test(text)

const words = new Set(["true", "false", "yes", "no", "y", "n", "on", "off", "null"])

const isList = (value: Yaml): value is ReadonlyArray<Yaml> => Array.isArray(value)

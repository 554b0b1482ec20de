/** Writes data as YAML: maps, lists, numbers, booleans and text, which is all that Prometheus and Grafana need here. */

export type Yaml = string | number | boolean | ReadonlyArray<Yaml> | { readonly [key: string]: Yaml | undefined }

/** A YAML document. Text of several lines is a block, so that expressions stay readable. */
export const yaml = (value: Yaml): string => `${lines(value).join("\n")}\n`

const lines = (value: Yaml): ReadonlyArray<string> => {
  if (isList(value)) {
    return value.length === 0 ? ["[]"] : value.flatMap(item)
  }
  return typeof value === "object" ? Object.entries(value).flatMap(([key, inner]) => entry(key, inner)) : scalar(value)
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
  const isNested = typeof value === "object" && first !== "[]"
  return isNested
    ? [`${key}:`, ...[first, ...rest].map((line) => `  ${line}`)]
    : [`${key}: ${first}`, ...rest.map((line) => `  ${line}`)]
}

const scalar = (value: string | number | boolean): ReadonlyArray<string> => {
  if (typeof value !== "string") {
    return [String(value)]
  }
  if (value.includes("\n")) {
    return ["|-", ...value.split("\n")]
  }
  return [plain.test(value) && !words.has(value) ? value : JSON.stringify(value)]
}

// Text that needs no quotes, because it can't be read as anything else.
const plain = /^([A-Za-z/][A-Za-z0-9_./:-]*[A-Za-z0-9_/]|[0-9]+[smhd])$/

const words = new Set(["true", "false", "yes", "no", "on", "off", "null"])

const isList = (value: Yaml): value is ReadonlyArray<Yaml> => Array.isArray(value)

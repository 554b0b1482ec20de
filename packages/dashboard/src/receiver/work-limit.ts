/**
 * How much work one request may be. Bytes alone are no measure: a few kilobytes of gzip can be a number of 33 million
 * digits, or 16 million empty messages. Both forms are counted before anything is built from them (`json-scan.ts`,
 * `protobuf-scan.ts`), and more is answered with 400.
 */
export const workLimit = {
  /** Open messages, or objects and lists of JSON, of which a message in a list is two. */
  depth: { protobuf: 100, json: 200 },
  /** Messages, or objects and lists of JSON: three times what the largest request of an exporter has. */
  messages: 1_000_000,
  /** Strings, numbers and other values; a long number counts by its length. */
  values: 4_000_000,
  /** Names of fields that OTLP does not have. */
  unknownFields: 10_000,
  /** Characters that its series share: the resource, the scope and the texts of a metric, for each point again. */
  shared: 128 * 1024 * 1024,
  /** The characters of a number: a double written out needs no more. */
  numberLength: 400
} as const

/** The number of things counted so far, and what is wrong as soon as there are too many. */
export interface Count {
  messages: number
  values: number
}

export const isOverLimit = ({ messages, values }: Count): string | null => {
  if (messages > workLimit.messages) {
    return `it has more than ${workLimit.messages} messages`
  }
  return values > workLimit.values ? `it has more than ${workLimit.values} values` : null
}

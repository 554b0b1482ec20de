/**
 * What is typed to find series: words that stand somewhere in the name, the labels or the process, and labels with a value,
 * `job_type=digest`. `!=` is another value, a `*` at the end of a value anything, a `-` before a term turns it round, and
 * quotes hold text with spaces together.
 */
export interface Term {
  readonly isNot: boolean
  /** The label, or `undefined` for a word. */
  readonly label: string | undefined
  /** In lower case, if it is a word. */
  readonly text: string
  /** Whether the value only begins like this. */
  readonly isPrefix: boolean
}

export const parseFilter = (text: string): ReadonlyArray<Term> =>
  [...text.matchAll(/(?:"(?:[^"\\]|\\.)*"?|[^\s"])+/g)].flatMap(([term]): ReadonlyArray<Term> => {
    const isTurned = term.length > 1 && term.startsWith("-")
    const [, label, operator = "", value = ""] = /^([^=!"\s]+)(!?=)(.*)$/s.exec(isTurned ? term.slice(1) : term) ?? []
    if (label === undefined) {
      const word = unquoted(isTurned ? term.slice(1) : term).toLowerCase()
      return word === "" ? [] : [{ isNot: isTurned, label, text: word, isPrefix: false }]
    }
    const isPrefix = value.endsWith("*")
    return [
      {
        isNot: isTurned !== (operator === "!="),
        label,
        text: unquoted(isPrefix ? value.slice(0, -1) : value),
        isPrefix
      }
    ]
  })

const unquoted = (text: string): string =>
  text.replace(/"((?:[^"\\]|\\.)*)"?/g, (_, inner: string) => inner.replace(/\\(.)/g, "$1"))

/** A term for a label, which {@link parseFilter} reads as this label and this value. */
export const termOf = (label: string, value: string): string =>
  /^[^\s"\\*]+$/.test(value) ? `${label}=${value}` : `${label}="${value.replace(/["\\]/g, "\\$&")}"`

export interface Searched {
  /** All of it, in lower case. */
  readonly text: string
  readonly labels: Readonly<Record<string, string>>
}

/** Whether a series has all that is asked for. A label that it has not is an empty one. */
export const matches = (terms: ReadonlyArray<Term>, { labels, text }: Searched): boolean =>
  terms.every((term) => {
    if (term.label === undefined) {
      return text.includes(term.text) !== term.isNot
    }
    const value = valueOf(labels, term.label)
    return (term.isPrefix ? value.startsWith(term.text) : value === term.text) !== term.isNot
  })

/** The value of a label; empty where there is none. */
export const valueOf = (labels: Readonly<Record<string, string>>, label: string): string =>
  Object.hasOwn(labels, label) ? (labels[label] ?? "") : ""

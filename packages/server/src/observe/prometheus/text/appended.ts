/**
 * Text of others in the Prometheus text format 0.0.4, such as prom-client's, made fit to stand behind ours on one page:
 * a name that is taken, or a line that is no sample, would cost a scraper more than itself.
 */
import type { Drop } from "../../collect/points/drop.ts"

/** A metric as it stands in the text. */
interface Family {
  readonly name: string
  readonly names: Set<string>
  readonly lines: Array<string>
  help: string | undefined
  type: string | undefined
  samples: number
}

/** The families whose names are free. `taken` has the names of samples and families on the page, and gets those of the text. */
export const appended = (text: string, taken: Set<string>, dropped: (drop: Drop) => void): string => {
  let shown = ""
  for (const { lines, name, names, samples } of familiesOf(text, dropped)) {
    const clash = Array.from(names).find((one) => taken.has(one))
    if (clash === undefined) {
      names.forEach((one) => taken.add(one))
      shown += lines.join("")
    } else {
      const why = `its name ${clash} in the appended text is used by another metric`
      dropped({ metric: name, points: samples, reason: "conflict", why })
    }
  }
  return shown
}

const familiesOf = (text: string, dropped: (drop: Drop) => void): ReadonlyArray<Family> => {
  const families: Array<Family> = []
  const familyOf = (name: string): Family => {
    const current = families.at(-1)
    if (current !== undefined && (current.name === name || isPart(current, name))) {
      return current
    }
    const made = { name, names: new Set([name]), lines: [], help: undefined, type: undefined, samples: 0 }
    families.push(made)
    return made
  }
  for (const line of text.split("\n").map((one) => one.trim())) {
    const found = sampleOf(line)
    const [, name = ""] = comment.exec(line) ?? []
    if (found !== undefined) {
      const family = familyOf(found.name)
      family.names.add(found.name)
      family.samples += 1
      family.lines.push(`${found.text}\n`)
    } else if (name !== "" && describes(familyOf(name), line)) {
      familyOf(name).lines.push(`${line}\n`)
    } else if (name !== "" || (line !== "" && !line.startsWith("#"))) {
      // A line may be another at each scrape: what is warned of once is the metric, or all that have no name.
      const metric = name === "" ? (/^[a-zA-Z_:][\w:]*/u.exec(line)?.[0] ?? "of another library") : name
      const why = `the appended text has the line "${line.slice(0, 100)}", which is neither a sample nor a valid # HELP or # TYPE`
      dropped({ metric, points: 1, reason: "rejected", why })
    }
  }
  return families
}

/** Whether a comment is the one help or type of its family, and says what there is; it is noted then. */
const describes = (family: Family, line: string): boolean => {
  const [, type] = typeComment.exec(line) ?? []
  if (type !== undefined && family.type === undefined && family.samples === 0) {
    family.type = type
    return true
  }
  if (family.help === undefined && helpComment.test(line)) {
    family.help = line
    return true
  }
  return false
}

const isPart = ({ name, type = "untyped" }: Family, sampleName: string): boolean =>
  (suffixes[type] ?? []).some((suffix) => sampleName === `${name}${suffix}`)

const suffixes: Readonly<Record<string, ReadonlyArray<string>>> = {
  histogram: ["_bucket", "_sum", "_count"],
  summary: ["_sum", "_count"]
}

/**
 * A sample: each label once, and a value and a time that a number can hold. The exemplar that OpenMetrics has behind it
 * has no place in this format, and a histogram without the bucket would lie.
 */
const sampleOf = (line: string): { readonly name: string; readonly text: string } | undefined => {
  const [, text, name, labels = "", value = ""] = sample.exec(line) ?? []
  const names = Array.from(labels.matchAll(label), ([, one]) => one)
  const isSound = new Set(names).size === names.length && !names.includes("__name__") && !isTooLarge(value)
  return isSound && text !== undefined && name !== undefined ? { name, text } : undefined
}

const isTooLarge = (value: string): boolean => /^[+-]?[.\d]/u.test(value) && !Number.isFinite(Number(value))

const comment = /^# (?:HELP|TYPE) ([a-zA-Z_:][\w:]*)(?: |$)/u

const typeComment = /^# TYPE \S+ (counter|gauge|histogram|summary|untyped)$/u

const helpComment = /^# HELP \S+(?: (?:[^\\]|\\[\\n])*)?$/u

const label = /([a-zA-Z_]\w*)[ \t]*=[ \t]*"(?:[^"\\]|\\["\\n])*"/gu

// Each part can begin in one way only: a long line that does not match takes no longer than one that does.
const sample =
  /^(([a-zA-Z_:][\w:]*)(?:[ \t]*\{((?:[ \t]*[a-zA-Z_]\w*[ \t]*=[ \t]*"(?:[^"\\]|\\["\\n])*"(?:[ \t]*,|(?=[ \t]*\})))*)[ \t]*\}[ \t]*|[ \t]+)([Nn]a[Nn]|[+-]?[Ii]nf(?:inity)?|[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?)(?:[ \t]+-?\d{1,18})?)(?:[ \t]+#[ \t]+\{.*)?$/u

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
  type: string
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
      const why = `the name ${clash}, which it has in the appended text, is taken by another metric`
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
    const made = { name, names: new Set([name]), lines: [], type: "untyped", samples: 0 }
    families.push(made)
    return made
  }
  for (const line of text.split("\n").map((one) => one.trimEnd())) {
    const [, word, name = "", rest = ""] = comment.exec(line) ?? []
    const [, sampleName] = sample.exec(line) ?? []
    if (word !== undefined) {
      const family = familyOf(name)
      family.type = word === "TYPE" ? rest : family.type
      family.lines.push(`${line}\n`)
    } else if (sampleName !== undefined) {
      const family = familyOf(sampleName)
      family.names.add(sampleName)
      family.samples += 1
      family.lines.push(`${line}\n`)
    } else if (line !== "" && !line.startsWith("#")) {
      dropped({
        metric: line,
        points: 1,
        reason: "rejected",
        why: "the appended text has it as a line, which is no sample"
      })
    }
  }
  return families
}

const isPart = ({ name, type }: Family, sampleName: string): boolean =>
  (suffixes[type] ?? []).some((suffix) => sampleName === `${name}${suffix}`)

const suffixes: Readonly<Record<string, ReadonlyArray<string>>> = {
  histogram: ["_bucket", "_sum", "_count"],
  summary: ["_sum", "_count"]
}

const comment = /^# (HELP|TYPE) ([a-zA-Z_:][\w:]*) ?(.*)$/u

const sample =
  /^([a-zA-Z_:][\w:]*)(?:\{(?:[a-zA-Z_]\w*="(?:[^"\\]|\\.)*",?)*\})?[ \t]+(?:NaN|[+-]?Inf|[+-]?\d[\d.]*(?:[eE][+-]?\d+)?)(?:[ \t]+-?\d+)?$/u

/** `diff`: how the files that are there differ from what `generate` writes, as a unified diff. */
import { createTwoFilesPatch } from "diff"
import { styleText } from "node:util"
import type { Verdict } from "./check.ts"
import { differencesOf } from "./differences.ts"
import type { Plan } from "./plan.ts"

/** The patches that make what is there what is wanted. */
export const diff = (plan: Plan, hasColors: boolean): Verdict => {
  const differences = differencesOf(plan)
  const text = differences
    .map(({ is, kind, name, wanted }) =>
      createTwoFilesPatch(
        kind === "missing" ? "/dev/null" : `a/${name}`,
        kind === "left over" ? "/dev/null" : `b/${name}`,
        is,
        wanted
      )
        .split("\n")
        .slice(1)
        .map((line) => (hasColors ? colored(line) : line))
        .join("\n")
    )
    .join("")
  return { ok: differences.length === 0, text }
}

const colored = (line: string): string => {
  const style = styles.find(({ begins }) => line.startsWith(begins))
  return style === undefined ? line : styleText(style.format, line)
}

const styles = [
  { begins: "+++", format: "bold" },
  { begins: "---", format: "bold" },
  { begins: "@@", format: "cyan" },
  { begins: "+", format: "green" },
  { begins: "-", format: "red" }
] as const

/** The words for units in names of metrics, and the base unit of each. */

/**
 * The unit that a name says, and its base unit; undefined where it says none. Of several, the first that is no base unit,
 * else the first.
 */
export const baseOf = (name: string): { readonly unit: string; readonly base: string } | undefined => {
  const found = name.split("_").flatMap((word) => {
    const stem = prefixes.find((prefix) => word.startsWith(prefix) && bases.has(word.slice(prefix.length)))
    const base = bases.get(word) ?? bases.get(word.slice(stem?.length ?? 0))
    return base === undefined ? [] : [{ unit: word, base }]
  })
  return found.find(({ base, unit }) => base !== unit) ?? found[0]
}

/** Abbreviations that stand for a unit where they are a word of a name. */
export const abbreviations = ["s", "ms", "us", "ns", "sec", "m", "h", "d", "b", "kb", "mb", "gb", "tb", "pb"] as const

const baseUnits = ["amperes", "bytes", "celsius", "grams", "joules", "kelvin", "meters", "metres", "seconds", "volts"]

const others = {
  seconds: ["minutes", "hours", "days", "weeks"],
  kelvin: ["kelvins"],
  celsius: ["fahrenheit", "rankine"],
  meters: ["inches", "yards", "miles"],
  bytes: ["bits"],
  joules: ["calories"],
  grams: ["pounds", "ounces"]
} as const satisfies Readonly<Record<string, ReadonlyArray<string>>>

const bases: ReadonlyMap<string, string> = new Map([
  ...baseUnits.map((unit) => [unit, unit] as const),
  ...Object.entries(others).flatMap(([base, units]) => units.map((unit) => [unit, base] as const))
])

const prefixes = "pico nano micro milli centi deci deca hecto kilo kibi mega mibi giga gibi tera tebi peta pebi".split(
  " "
)

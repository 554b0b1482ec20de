/** The colours of charts, from the style sheet, as the system's theme has them. */
import { signal } from "@preact/signals"

const dark = matchMedia("(prefers-color-scheme: dark)")

/** Changes with the theme: what draws by itself depends on it. */
export const theme = signal(dark.matches ? "dark" : "light")
dark.addEventListener("change", () => (theme.value = dark.matches ? "dark" : "light"))

/** A colour of the style sheet. It is read once: reading makes the browser lay out all that has changed. */
export const colour = (name: string): string => {
  const known = colours.get(theme.value + name)
  const found = known ?? getComputedStyle(document.documentElement).getPropertyValue(name).trim()
  colours.set(theme.value + name, found)
  return found
}

const colours = new Map<string, string>()

const hues = 6
const dashes: ReadonlyArray<ReadonlyArray<number>> = [[], [6, 3], [2, 2]]

/** How a line is drawn: lines of the same colour have other dashes, and neighbours another colour. */
export const lineStyle = (index: number): { readonly variable: string; readonly dash: ReadonlyArray<number> } => ({
  variable: `--line-${(index % hues) + 1}`,
  dash: dashes[Math.floor(index / hues) % dashes.length] ?? []
})

/** The colours of charts, from the style sheet, as the system's theme has them. */
import { signal } from "@preact/signals"

const dark = matchMedia("(prefers-color-scheme: dark)")

/** Changes with the theme: what draws by itself depends on it. */
export const theme = signal(dark.matches ? "dark" : "light")
dark.addEventListener("change", () => (theme.value = dark.matches ? "dark" : "light"))

/** A colour of the style sheet. */
export const colour = (name: string): string => getComputedStyle(document.documentElement).getPropertyValue(name).trim()

const colours = 6
const dashes: ReadonlyArray<ReadonlyArray<number>> = [[], [6, 3], [2, 2]]

/** How a line is drawn: lines of the same colour have other dashes, and neighbours another colour. */
export const lineStyle = (index: number): { readonly variable: string; readonly dash: ReadonlyArray<number> } => ({
  variable: `--line-${(index % colours) + 1}`,
  dash: dashes[Math.floor(index / colours) % dashes.length] ?? []
})

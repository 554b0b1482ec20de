/** The configuration that `init` writes, with the options set that it shows commented out. */
import { template } from "../../src/command/template.ts"

export const everyOption = template
  .split("\n")
  .map((line) => line.replace(/^ {2}\/\/ (?=(\w+: .*[,[{(\d"]| {2}.*|\}|\},)$)/, "  "))
  .join("\n")

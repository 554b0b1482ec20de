/** `init`: writes a configuration with every option, commented out. */
import { existsSync, writeFileSync } from "node:fs"
import path from "node:path"
import { names } from "../config/load.ts"
import { guide } from "./guide.ts"
import { TargetError } from "./target-error.ts"
import { template } from "./template.ts"

/** Writes it to a folder that has none; what to print. */
export const init = (folder: string): string => {
  const there = names.filter((name) => existsSync(path.join(folder, name)))
  if (there.length > 0) {
    throw new TargetError([`${there.join(" and ")} is there already. Nothing was written.`])
  }
  try {
    writeFileSync(path.join(folder, "monitoring.config.ts"), template, { flag: "wx" })
  } catch (error) {
    throw new TargetError([error instanceof Error ? error.message : String(error)])
  }
  return [
    "Wrote monitoring.config.ts: all of it is optional. Uncomment what differs for your jobs, routes and runbooks.",
    "Next: npx @parametric-portal/monitoring generate",
    "In CI: npx @parametric-portal/monitoring check",
    `Guide: ${guide}\n`
  ].join("\n")
}

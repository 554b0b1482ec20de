/** What the first import of `observe/metrics` costs in a new process, beside importing the Effect modules that it needs. */
import { execFileSync } from "node:child_process"
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import path from "node:path"
import { fileURLToPath, pathToFileURL } from "node:url"
import { claim, median, type Result } from "./harness.ts"

const rounds = 25
const importStatement = /(?:^|\n)\s*(?:import|export)[^"';]*?from\s*"([^"]+)"/g

/** Measures `import_cost_ms_vs_effect`. */
export const measure = async (): Promise<ReadonlyArray<Result>> => {
  const entry = fileURLToPath(import.meta.resolve("@parametric-portal/server/observe/metrics"))
  const { files, packages } = importsOf(entry)
  const folder = mkdtempSync(path.join(path.dirname(fileURLToPath(import.meta.url)), "import-"))
  try {
    const bare = path.join(folder, "effect.js")
    writeFileSync(bare, packages.map((name) => `import ${JSON.stringify(name)}`).join("\n"))
    const ours: Array<number> = []
    const effect: Array<number> = []
    for (let round = -2; round < rounds; round++) {
      const turns = round % 2 === 0 ? ["effect", "ours"] : ["ours", "effect"]
      for (const turn of turns) {
        const ms = importMs(turn === "ours" ? entry : bare)
        if (round >= 0) {
          ;(turn === "ours" ? ours : effect).push(ms)
        }
      }
    }
    const ratios = ours.map((ms, round) => ms / (effect[round] ?? Number.NaN))
    return [
      { name: "import_cost_ms_vs_effect", value: median(ratios), unit: "ratio", samples: ratios.length },
      { name: "import.ours", value: median(ours), unit: "ms", samples: ours.length },
      { name: "import.effect", value: median(effect), unit: "ms", samples: effect.length },
      { name: "import.files", value: files.length, unit: "files", samples: 1 }
    ]
  } finally {
    rmSync(folder, { recursive: true })
  }
}

/** The files of ours that an entry reaches, and the modules of packages that they import. */
const importsOf = (
  entry: string
): { readonly files: ReadonlyArray<string>; readonly packages: ReadonlyArray<string> } => {
  const files = [entry]
  const packages = new Set<string>()
  for (const file of files) {
    for (const [, specifier = ""] of readFileSync(file, "utf8").matchAll(importStatement)) {
      const reached = specifier.startsWith(".") ? path.resolve(path.dirname(file), specifier) : undefined
      if (reached === undefined) {
        packages.add(specifier)
      } else if (!files.includes(reached)) {
        files.push(reached)
      }
    }
  }
  claim("modules that are not Effect's", Array.from(packages).filter((name) => !name.startsWith("effect/")).length, 0)
  return { files, packages: Array.from(packages) }
}

/** Processor time of one import in a process of its own, in milliseconds; compiling on other threads is included. */
const importMs = (file: string): number => {
  const program =
    `const start = process.cpuUsage(); await import(${JSON.stringify(pathToFileURL(file).href)}); ` +
    `const { user, system } = process.cpuUsage(start); process.stdout.write(String((user + system) / 1000))`
  return Number(execFileSync(process.execPath, ["--input-type=module", "--eval", program], { encoding: "utf8" }))
}

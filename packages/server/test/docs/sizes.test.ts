/** The sizes of the guide are those of the subpaths, minified with all that they import: at most a tenth above. */
import { build } from "esbuild"
import { readFile } from "node:fs/promises"
import { fileURLToPath } from "node:url"
import { expect, it } from "vitest"

const library = fileURLToPath(new URL("../../", import.meta.url))
const text = (file: string): Promise<string> => readFile(new URL(`../../${file}`, import.meta.url), "utf8")

/** The kilobytes of a program that uses all of a subpath, or one thing of it. */
const sizeOf = async (source: string, names = "*"): Promise<number> => {
  const { outputFiles } = await build({
    stdin: { contents: `export ${names} from "./${source}"`, resolveDir: library },
    bundle: true,
    minify: true,
    write: false,
    platform: "node",
    format: "esm",
    logLevel: "error"
  })
  return outputFiles.reduce((sum, { contents }) => sum + contents.byteLength, 0) / 1000
}

it("says of each subpath how large it is", async () => {
  const { exports } = JSON.parse(await text("package.json")) as { readonly exports: Readonly<Record<string, string>> }
  const rows = Array.from(
    (await text("../../docs/guides/performance.md")).matchAll(/^\| `(\.\/[\w/-]+)` \| (\d+) kB \|/gm),
    ([, subpath = "", kilobytes]) => [subpath, Number(kilobytes)] as const
  )
  const sources = Object.entries(exports).filter(([subpath]) => !subpath.endsWith(".json"))
  expect(rows.map(([subpath]) => subpath)).toEqual(sources.map(([subpath]) => subpath))
  const said = new Map(rows)
  const wrong: Array<string> = []
  for (const [subpath, source] of sources) {
    const [is, was] = [await sizeOf(source), said.get(subpath) ?? 0]
    if (is > was * 1.1 || is < was * 0.8) {
      wrong.push(`${subpath} has ${Math.round(is)} kB, and the guide says ${was}`)
    }
  }
  expect(wrong).toEqual([])
})

it("lets a program that looks at errors of jobs take no more than them", async () => {
  expect(await sizeOf("src/infra/jobs.ts", "{ JobError }")).toBeLessThan(25)
})

/** Builds the page: static files with relative addresses, so that it works under whatever path it is served. */
import { fileURLToPath } from "node:url"
import { defineConfig, type Plugin } from "vite"

/**
 * What of uPlot the page does not use, and what stands there instead: other lines than straight ones, joining of data, its
 * own texts of times, its title and legend, a time axis that stands upright, logarithmic scales, plots of points, a selection by
 * dragging, changes of its series, and plugins. Its own build can leave out such parts too.
 */
const unused: ReadonlyArray<readonly [pattern: RegExp, count: number, replacement: string]> = [
  [/^\s*\(?(?:paths\.(?:stepped|bars|spline)|uPlot\.(?:join|fmtDate|tzDate|rangeLog|rangeAsinh)) *= \w+\)?;$/gm, 8, ""],
  [/^\tconst _(?:tz|fmt)Date *= .*;$/gm, 2, ""],
  [/^\tconst _time(?:AxisSplits|AxisVals|SeriesVal) *= .*;$/gm, 3, ""],
  [/^const \[ timeIncrs(?:Ms|S), .*;$/gm, 2, ""],
  [/isTime = (?:mode == 1 && )?(?:sc|scales\[s\.scale\])\.time;/g, 3, "isTime = false;"],
  [/\bmode == 1\b|\bscaleX\.ori == 0\b/g, 39, "true"],
  [/\bmode == 2\b|\bscaleX\.ori == 1\b/g, 25, "false"],
  [/\blegend\.(?:live|show)\b/g, 9, "false"],
  [/\b(?:w?sc\.)?distr (?:== (?:3|4|100)|>= 3)(?!\d)/g, 23, "false"],
  [/(?<!let )\bdragging\b(?! =)/g, 5, "false"],
  [/^\s*(?:onMouse\((?:mousedown|dblclick), *over, \w+\)|events\.(?:mousedown|mouseup|dblclick) = \w+);$/gm, 5, ""],
  [/^\s*self\.(?:(?:add|del|set)Series|(?:add|set|del)Band|set(?:Legend|Select)|posToIdx) = \w+;$/gm, 9, ""],
  [/^\tevents\["setSeries"\] = .*\n(?:\t\t.*\n)*\t\};$/gm, 1, ""],
  [/^\ton\("click", wrap, .*\n(?:\t\t.*\n)*\t\}, true\);$/gm, 1, ""],
  [/^\tif \(opts\.title\) .*\n(?:\t\t.*\n)*\t\}$/gm, 1, ""],
  [/^\t\(opts\.plugins \|\| \[\]\)\.forEach\(.*\n(?:\t\t.*\n)*\t\}\);$/gm, 2, ""],
  [/const cursorFocus = focus\.prox >= 0;/g, 1, "const cursorFocus = false;"],
  [/^uPlot\.(?:assign|fmtNum|rangeNum) *= \w+;$|^\tuPlot\.(?:addGap|clipGaps) *= \w+;$/gm, 5, ""]
]

const uPlotOfLines: Plugin = {
  name: "uplot-of-lines",
  transform: (code, id) => {
    if (!id.endsWith("uPlot.esm.js")) {
      return undefined
    }
    let left = code
    for (const [pattern, count, replacement] of unused) {
      if (left.match(pattern)?.length !== count) {
        throw new Error(`${pattern} is not in uPlot ${count} times.`)
      }
      left = left.replace(pattern, replacement)
    }
    return { code: left, map: null }
  }
}

/** The page runs `draw.tsx` after `main.ts`; one file for both would hold up what `main.ts` asks for. */
const drawAfterMain: Plugin = {
  name: "draw-after-main",
  transformIndexHtml: (_, { bundle = {} }) =>
    Object.values(bundle)
      .filter((file) => file.type === "chunk" && file.isEntry && file.name === "draw")
      .map(({ fileName }) => ({
        tag: "script",
        attrs: { type: "module", crossorigin: true, src: `./${fileName}` },
        injectTo: "head"
      }))
}

const fileOf = (name: string): string => fileURLToPath(new URL(`src/page/${name}`, import.meta.url))

export default defineConfig({
  root: "src/page",
  base: "./",
  plugins: [uPlotOfLines, drawAfterMain],
  esbuild: { jsx: "automatic", jsxImportSource: "preact", legalComments: "none" },
  build: {
    outDir: "../../dist/page",
    emptyOutDir: true,
    target: "es2022",
    minify: "terser",
    terserOptions: { module: true, ecma: 2020, compress: { passes: 2 } },
    rollupOptions: { input: { index: fileOf("index.html"), draw: fileOf("draw.tsx") } },
    modulePreload: false,
    // What is inlined would be refused by the content security policy.
    assetsInlineLimit: 0,
    cssCodeSplit: false,
    reportCompressedSize: false
  }
})

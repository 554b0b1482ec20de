import { describe, expect, it } from "vitest"
import { load } from "../../src/config/load.ts"
import { folderWith } from "../support/folder.ts"

/** The job types of the configuration, or why there is none. Paths of the folder are `<folder>`. */
const loaded = (files: Readonly<Record<string, string>>, asked?: string): Promise<unknown> => {
  const folder = folderWith(files)
  return load(folder, asked).then(
    ({ settings }) => settings.jobTypes,
    (error: Error) => error.message.replaceAll(folder, "<folder>")
  )
}

const mail = { mail: { objective: 0.9, oldestAge: 600, longestRun: 3600 } }

const typed = 'import { defineMonitoring } from "@parametric-portal/monitoring"\n'

describe("a configuration", () => {
  it("is found as TypeScript, JavaScript or JSON", async () => {
    const text = "export default { jobTypes: { mail: { objective: 0.9 } } }"
    expect(await loaded({ "monitoring.config.ts": text })).toEqual(mail)
    expect(await loaded({ "monitoring.config.mts": text })).toEqual(mail)
    expect(await loaded({ "monitoring.config.mjs": text })).toEqual(mail)
    expect(await loaded({ "monitoring.config.js": text, "package.json": '{"type":"module"}' })).toEqual(mail)
    expect(await loaded({ "monitoring.config.json": '\uFEFF{"jobTypes":{"mail":{"objective":0.9}}}' })).toEqual(mail)
    expect(await loaded({ "ops/own.ts": text, "monitoring.config.ts": "" }, "ops/own.ts")).toEqual(mail)
  })

  it("in TypeScript imports this package wherever it is installed, and files of its own", async () => {
    expect(
      await loaded({
        "monitoring.config.ts": `${typed}import { jobTypes } from "./src/types.ts"\nexport default defineMonitoring({ jobTypes })`,
        "src/types.ts": 'export const jobTypes: Record<"mail", { objective: number }> = { mail: { objective: 0.9 } }'
      })
    ).toEqual(mail)
  })

  it.each([
    [
      "const to = {}; to.to = to; export default { to }",
      "to is an object, expected a folder, without control characters"
    ],
    ["export default { to: 5n }", "to is 5, expected a folder, without control characters"],
    ['export default { to: Symbol("x") }', "to is Symbol(x), expected a folder, without control characters"],
    [
      'export default { jobTypes: new Map([["mail", { objective: 0.9 }]]) }',
      "jobTypes is an instance of Map, expected an object"
    ],
    [
      'export default new (class Config { to = "x" })()',
      "the configuration is an instance of Config, expected an object"
    ],
    ['export default Object.create({ to: "x" })', "the configuration is an object that inherits, expected an object"],
    ["throw { a: 1 }", 'it can\'t be loaded: it throws {"a":1}']
  ])("%s is told in a line", async (text, problem) => {
    expect(await loaded({ "monitoring.config.mjs": text })).toBe(`<folder>/monitoring.config.mjs: ${problem}`)
  })

  it("that throws while it is read is told so", async () => {
    const text = 'export default { get to() { throw new Error("no folder") } }'
    expect(await loaded({ "monitoring.config.mjs": text })).toMatch(
      /^<folder>\/monitoring\.config\.mjs: it can't be read: Error: no folder\n +at .*get to .*$/
    )
  })

  it("in JSON has `__proto__` for a key like any other", async () => {
    expect(await loaded({ "monitoring.config.json": '{"jobTypes":{"__proto__":{"objective":0.9}}}' })).toEqual(
      JSON.parse('{"__proto__":{"objective":0.9,"oldestAge":600,"longestRun":3600}}')
    )
    expect(await loaded({ "monitoring.config.json": '{"__proto__":{"to":"elsewhere"}}' })).toMatch(
      /: __proto__ is not an option: /
    )
  })

  it("is a file of a kind that it knows", async () => {
    expect(await loaded({ "own/a": "" }, "own")).toBe("<folder>/own: it is no file")
    expect(await loaded({ "own.yaml": "to: x" }, "own.yaml")).toBe(
      "<folder>/own.yaml: expected a file that ends in .ts, .mts, .cts, .js, .mjs, .cjs or .json"
    )
  })

  it("is asked for where there is none, or two", async () => {
    expect(await loaded({})).toBe(
      "<folder>: there is no monitoring.config.ts, .mts, .mjs, .js or .json. To write one: npx @parametric-portal/monitoring init"
    )
    expect(await loaded({ "monitoring.config.ts": "", "monitoring.config.json": "{}" })).toBe(
      "<folder>: there are monitoring.config.ts and monitoring.config.json. Keep one, or name it: --config monitoring.config.ts"
    )
    expect(await loaded({}, "own.ts")).toBe("<folder>/own.ts: there is no such file")
  })

  it.each([
    ["export const config = {}", "it has no default export. Write: export default defineMonitoring({ ... })"],
    ["export default () => ({})", "its default export is a function, expected an object: defineMonitoring({ ... })"],
    [
      "export default Promise.resolve({})",
      "its default export is a promise, expected an object: defineMonitoring({ ... })"
    ],
    ["export default 5", "the configuration is 5, expected an object"],
    ["export default { too: 5 }", "too is not an option: did you mean to?"]
  ])("%s is refused", async (text, problem) => {
    expect(await loaded({ "monitoring.config.ts": text })).toBe(`<folder>/monitoring.config.ts: ${problem}`)
    expect(await loaded({ "monitoring.config.mjs": text })).toBe(`<folder>/monitoring.config.mjs: ${problem}`)
  })

  it("has an error of its own told with its message and place", async () => {
    const files = {
      "rows.ts": '\n\nthrow new TypeError("no rows")',
      "monitoring.config.ts": 'import "./rows.ts"\nexport default {}'
    }
    expect(await loaded(files)).toMatch(
      /^<folder>\/monitoring\.config\.ts: it can't be loaded: TypeError: no rows\n +at .*<folder>\/rows\.ts:3:\d+/
    )
    expect(await loaded({ "monitoring.config.mjs": 'throw "words"' })).toBe(
      "<folder>/monitoring.config.mjs: it can't be loaded: words"
    )
    expect(await loaded({ "monitoring.config.ts": "export default {" })).toMatch(
      /it can't be loaded: .*monitoring.config.ts/s
    )
  })

  it("in JSON has the line and the column of an error", async () => {
    const at = (text: string) => loaded({ "monitoring.config.json": text })
    expect(await at('{\n  "to": ops\n}')).toBe("<folder>/monitoring.config.json:2:9: it is not JSON: invalid symbol")
    expect(await at('{ "to": "ops"')).toBe("<folder>/monitoring.config.json:1:14: it is not JSON: close brace expected")
    expect(await at('{ "to": "ops", }')).toMatch(/json:1:16: it is not JSON: property name expected$/)
    expect(await at("")).toBe("<folder>/monitoring.config.json:1:1: it is not JSON: value expected")
    expect(await at("{} // none")).toMatch(/json:1:4: it is not JSON: invalid comment token$/)
  })
})

/**
 * Our own lint rules, loaded by oxlint: the import directions of `rooms.mjs`, names that say nothing, `try`, tests that
 * can't fail, and options that refuse `undefined`.
 */
import { readFileSync } from "node:fs"
import path from "node:path"
import { fileURLToPath } from "node:url"
import { closed, layers } from "./rooms.mjs"

const root = fileURLToPath(new URL("../../", import.meta.url))
const scope = "@parametric-portal/"

const lies = (file, folder) => file.startsWith(`${folder}/`) || file === `${folder}.ts`
const isBelow = (specifier, name) => specifier === name || specifier.startsWith(`${name}/`)
const deepestFirst = Object.keys(layers).sort((one, other) => layers[other].folder.length - layers[one].folder.length)
const layerOf = (file) => deepestFirst.find((name) => lies(file, layers[name].folder))

const publicSubpaths = new Map()
const exportsOf = (folder) => {
  if (!publicSubpaths.has(folder)) {
    const manifest = JSON.parse(readFileSync(path.join(root, "packages", folder, "package.json"), "utf8"))
    publicSubpaths.set(folder, Object.keys(manifest.exports ?? {}))
  }
  return publicSubpaths.get(folder)
}

/** The folder of the package that a file is in: `packages/<name>`, or a folder beside `packages`. */
const homeOf = (file) =>
  file
    .split("/")
    .slice(0, file.startsWith("packages/") ? 2 : 1)
    .join("/")

const refuseRelative = (file, layer, specifier) => {
  const target = path.posix.join(path.posix.dirname(file), specifier)
  const home = homeOf(file)
  if (!target.startsWith(`${home}/`)) {
    // What the tests of all packages share stands beside their configuration; `receivers` is a package for tests.
    return /^vitest\.[a-z]+\.ts$/.test(target) && /\/(vitest[a-z0-9.]*\.config\.ts$|test\/|receivers\/src\/)/.test(file)
      ? undefined
      : `${target} is another package's: import it by a public subpath`
  }
  const other = layerOf(target)
  if (other === layer || (other !== undefined && layers[layer].imports.includes(other))) {
    return undefined
  }
  return other === undefined ? undefined : `the layer "${layer}" may not import the layer "${other}" (${target})`
}

const refuseWorkspace = (layer, specifier) => {
  if (!(layers[layer].workspace ?? []).some((name) => isBelow(specifier, name))) {
    return `the layer "${layer}" may not import ${specifier}`
  }
  const [folder, ...rest] = specifier.slice(scope.length).split("/")
  const subpath = [".", ...rest].join("/")
  return exportsOf(folder).includes(subpath) ? undefined : `${specifier} is not a public subpath of ${scope}${folder}`
}

const refusePackage = (layer, specifier) => {
  const allowed = layers[layer].packages
  if (allowed.includes("*")) {
    return undefined
  }
  const name = specifier.startsWith("node:") ? "node" : specifier
  return allowed.some((outside) => isBelow(name, outside))
    ? undefined
    : `the layer "${layer}" may import ${allowed.join(", ")}, not ${specifier}`
}

const refusal = (file, specifier) => {
  const layer = layerOf(file)
  if (layer === undefined) {
    return undefined
  }
  if (specifier.startsWith(".")) {
    return refuseRelative(file, layer, specifier)
  }
  if (specifier.startsWith(scope)) {
    return refuseWorkspace(layer, specifier)
  }
  return refusePackage(layer, specifier)
}

const firstLine = { start: { line: 1, column: 0 }, end: { line: 1, column: 1 } }

const relativeFile = (context) => path.relative(root, context.filename).split(path.sep).join("/")

const imports = {
  create(context) {
    const file = relativeFile(context)
    const check = (node) => {
      const specifier = node?.value ?? node?.literal?.value
      const message = typeof specifier === "string" ? refusal(file, specifier) : undefined
      if (message !== undefined) {
        context.report({ node, message: `${message}: see .ci/lint/rooms.mjs` })
      }
    }
    return {
      ImportDeclaration: (node) => check(node.source),
      ExportAllDeclaration: (node) => check(node.source),
      ExportNamedDeclaration: (node) => check(node.source),
      ImportExpression: (node) => check(node.source),
      TSImportType: (node) => check(node.source ?? node.argument)
    }
  }
}

const placed = {
  create(context) {
    const file = relativeFile(context)
    return {
      Program() {
        if (closed.some((place) => lies(file, place)) && layerOf(file) === undefined) {
          context.report({ loc: firstLine, message: `${file} belongs to no layer: add it to .ci/lint/rooms.mjs` })
        }
      }
    }
  }
}

const drawer = /(^|\/)(utils?|helpers?|common|types|constants|misc|shared)(\.[a-z.]+|\/)/

const named = {
  create(context) {
    const file = relativeFile(context)
    return {
      Program() {
        if (drawer.test(file)) {
          context.report({ loc: firstLine, message: `${file} is named after no subject: say what it is about` })
        }
      }
    }
  }
}

const noTry = {
  create: (context) => ({
    TryStatement: (node) =>
      context.report({ node, message: "no try in the library: Effect.try says what it fails with" })
  })
}

/** The identifier that a chain of members and calls begins with: `it` of `it.effect.each(cases)`. */
const rootOf = (node) => {
  switch (node.type) {
    case "Identifier":
      return node.name
    case "MemberExpression":
      return rootOf(node.object)
    case "CallExpression":
      return rootOf(node.callee)
    case "TaggedTemplateExpression":
      return rootOf(node.tag)
    default:
      return undefined
  }
}

const expectation = /\b(expect(?!ed|ation)|assert)\w*/

/** The functions of a file that expect something, by name: a test may leave it to one of them. */
const expecting = (context, program) =>
  program.body
    .map((node) => (node.type === "ExportNamedDeclaration" ? (node.declaration ?? node) : node))
    .flatMap((node) => (node.type === "VariableDeclaration" ? node.declarations : [node]))
    .filter(({ id }) => id?.type === "Identifier")
    .filter((node) => expectation.test(context.sourceCode.getText(node)))
    .map(({ id }) => id.name)

const expects = {
  create(context) {
    let names = []
    return {
      Program(node) {
        names = expecting(context, node)
      },
      CallExpression(node) {
        if (!["it", "test"].includes(rootOf(node.callee)) || node.arguments.length < 2) {
          return
        }
        const body = node.arguments.find(({ type }) => type.endsWith("FunctionExpression"))
        if (body === undefined) {
          return
        }
        const text = context.sourceCode.getText(body)
        if (!expectation.test(text) && !names.some((name) => new RegExp(`\\b${name}\\b`).test(text))) {
          context.report({ node, message: "a test without expect can't fail" })
        }
      }
    }
  }
}

const takesUndefined = ({ type, types = [] }) =>
  type === "TSUndefinedKeyword" || type === "TSUnknownKeyword" || types.some(takesUndefined)

const optionsTakeUndefined = {
  create: (context) => ({
    TSInterfaceDeclaration({ body: { body }, id: { name } }) {
      if (!name.endsWith("Options")) {
        return
      }
      for (const node of body) {
        const type = node.typeAnnotation?.typeAnnotation
        if (node.optional === true && type !== undefined && !takesUndefined(type)) {
          context.report({ node, message: "add `| undefined`: an option may be given as `process.env.NAME`" })
        }
      }
    }
  })
}

const rules = {
  imports,
  placed,
  named,
  expects,
  "no-try": noTry,
  "options-take-undefined": optionsTakeUndefined
}

export default { meta: { name: "rooms" }, rules }

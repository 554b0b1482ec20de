/** The links of a built web site that lead nowhere in it: to no file, or to no place of a page. */
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs"
import path from "node:path"

const htmlIn = (folder) => readdirSync(folder, { recursive: true }).filter((name) => name.endsWith(".html"))

const idsOf = (text) => new Set(Array.from(text.matchAll(/\sid="([^"]+)"/g), ([, id]) => id))

const targetsOf = (text) =>
  Array.from(text.matchAll(/\s(?:href|src)="([^"]*)"/g), ([, target]) => target.replaceAll("&amp;", "&"))

const isFolder = (name) => existsSync(name) && statSync(name).isDirectory()

/** One line for each dead link of the pages below a folder. */
export const deadLinks = (folder) => {
  const pages = new Map(htmlIn(folder).map((name) => [name, readFileSync(path.join(folder, name), "utf8")]))
  const ids = new Map(Array.from(pages, ([name, text]) => [name, idsOf(text)]))
  const problemOf = (page, target) => {
    if (/^([a-z]+:|\/\/)/.test(target)) {
      return undefined
    }
    const [address, anchor = ""] = target.split("#")
    const named = address === "" ? page : path.join(path.dirname(page), decodeURIComponent(address.split("?")[0]))
    // A folder is answered with its first page.
    const file = isFolder(path.join(folder, named)) ? path.join(named, "index.html") : named
    if (!existsSync(path.join(folder, file))) {
      return `${page}: ${target} leads to no file`
    }
    return anchor === "" || ids.get(file)?.has(decodeURIComponent(anchor)) !== false
      ? undefined
      : `${page}: ${target} leads to no heading`
  }
  return Array.from(pages).flatMap(([page, text]) =>
    Array.from(new Set(targetsOf(text))).flatMap((target) => problemOf(page, target) ?? [])
  )
}

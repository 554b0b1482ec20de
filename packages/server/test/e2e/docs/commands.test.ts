/**
 * The commands of the documentation, each as its page prints it: those of one page one after the other, in an empty folder
 * with the files that the page has, or in a clone of this repository. The packages that are not published yet are installed
 * from archives of them. What does not end by itself goes on until the end of its page, as in another terminal.
 */
import { execFile } from "node:child_process"
import { cp, mkdir, mkdtemp, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import path from "node:path"
import { promisify } from "node:util"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { type Block, blocksOf } from "../../docs/blocks.ts"
import { missingIn, shownOf } from "../../docs/output.ts"
import { pages, read, root } from "../../docs/pages.ts"
import { programsOf } from "../../docs/programs.ts"
import { EmptyProject, environment } from "../../support/empty-project.ts"
import { type Started, start } from "../../support/started.ts"

const isCommand = ({ language, said }: Block): boolean => language === "sh" && said.notRun === undefined

const withCommands = pages
  .map((page) => ({ page, blocks: blocksOf(page, read(page)) }))
  .filter(({ blocks }) => blocks.some(isCommand))
  .map(({ blocks, page }) => ({
    page,
    blocks,
    commands: blocks.filter(isCommand).map((block) => ({ block, at: `${page}:${block.line}` }))
  }))

const run = promisify(execFile)

/** What a clone of this folder would have, changes that are not committed included, as a repository of its own. */
const clone = async (folder: string): Promise<void> => {
  const { stdout } = await run("git", ["ls-files", "-z", "--cached", "--others", "--exclude-standard"], { cwd: root })
  for (const file of stdout.split("\0").filter((name) => name !== "")) {
    // A file that was removed and not committed is listed.
    await cp(path.join(root, file), path.join(folder, file)).catch(() => undefined)
  }
  for (const args of [
    ["init", "-q"],
    ["add", "-A"],
    ["commit", "-q", "-m", "As it is"]
  ]) {
    await run("git", ["-c", "user.name=test", "-c", "user.email=test@example.org", ...args], { cwd: folder })
  }
}

/** Where a command has been run that installs, by the command: what two pages install is not installed twice. */
const installed = new Map<string, string>()

const projects: Array<EmptyProject> = []

let archive = ""
let archiveOfPage = ""
let cloned = ""

/** A folder of its own for temporary files, in which the demo says where it runs: another one may be up beside. */
const temporary = (): string => path.join(path.dirname(cloned), "tmp")

beforeAll(async () => {
  const { packageManager } = JSON.parse(read("package.json")) as { readonly packageManager: string }
  archive = await EmptyProject.pack(packageManager)
  archiveOfPage = await EmptyProject.pack(packageManager, "dashboard")
  // With a folder around it, as commands write beside the clone too.
  cloned = path.join(await mkdtemp(path.join(tmpdir(), "clone-")), "repository")
  await mkdir(cloned)
  await mkdir(temporary())
  await clone(cloned)
}, 300_000)

afterAll(async () => {
  await rm(path.dirname(archive), { recursive: true, force: true })
  await rm(path.dirname(archiveOfPage), { recursive: true, force: true })
  await rm(path.dirname(cloned), { recursive: true, force: true })
  await Promise.all(projects.map((project) => project.remove()))
})

describe("commands", () => {
  it("are found in many pages", () => {
    expect(withCommands.length).toBeGreaterThan(5)
  })
})

describe.each(withCommands)("the commands of $page", ({ blocks, commands }) => {
  const running: Array<Started> = []
  let project: EmptyProject

  beforeAll(async () => {
    project = await EmptyProject.make()
    projects.push(project)
    const examples = blocks.flatMap(({ said, text }) =>
      said.file === undefined || said.excerptOf === undefined ? [] : [{ file: said.file, text }]
    )
    for (const { file, text } of [...programsOf(blocks), ...examples]) {
      await project.write(file, text)
    }
  })

  afterAll(() => Promise.all(running.map(({ stop }) => stop())))

  it.each(commands)("run as printed: $at", async ({ block }) => {
    const same = installed.get(block.text)
    if (same !== undefined) {
      for (const part of ["node_modules", "package.json", "package-lock.json"]) {
        await cp(path.join(same, part), path.join(project.folder, part), { recursive: true, verbatimSymlinks: true })
      }
      return
    }
    const script = block.text
      .replaceAll("npm install @parametric-portal/server ", `npm install ${archive} `)
      .replaceAll(`npm install ${archive} @parametric-portal/dashboard `, `npm install ${archive} ${archiveOfPage} `)
    const started = start(["sh", "-e", "-c", script], {
      cwd: block.said.inClone === true ? cloned : project.folder,
      env: { ...environment(), NO_COLOR: "1", TMPDIR: temporary() }
    })
    running.push(started)
    const { stoppedAfter } = block.said
    if (stoppedAfter !== undefined) {
      await started.until(stoppedAfter)
    }
    const code = stoppedAfter === undefined ? await started.ended : 0
    const printed = started.printed()
    const missing = shownOf(block, blocks).flatMap(({ text }) => missingIn(printed, text))
    expect({ code, missing, printed }).toEqual({ code: 0, missing: [], printed })
    // A package manager that warns of peers, such as of another major, has not installed what the page wants.
    expect(printed.split("\n").filter((line) => /ERESOLVE|EBADENGINE|peer dep/i.test(line))).toEqual([])
    if (block.text.startsWith("npm install ")) {
      installed.set(block.text, project.folder)
    }
  })
})

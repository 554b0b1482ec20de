/** What a killed demo leaves in the folder for temporary files is gone after the next start. */
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { chown, mkdir, readdir, symlink } from "node:fs/promises"
import path from "node:path"
import { deleteLeftFolders, temporaryFolder } from "../../src/server/temporary-folder.ts"
import { folderOf, run, start } from "../program.ts"

describe("temporary folders", { timeout: 120_000 }, () => {
  it.scopedLive("of a killed demo are deleted by the next one, and those of a running process stay", () =>
    Effect.gen(function* () {
      const temporary = yield* folderOf({})
      const env = { ...process.env, TMPDIR: temporary }
      const folder = yield* folderOf({ "a.txt": "a" })
      const names = Effect.promise(() => readdir(temporary))
      const foreign = ["job-server-mine", "job-server-files-1-x", "other-1-2-3-abcdef"]
      yield* Effect.forEach(foreign, (name) => Effect.promise(() => mkdir(path.join(temporary, name))))

      const killed = yield* start("main", [folder], { env })
      yield* killed.waitFor(/Control this server/)
      const left = (yield* names).filter((name) => !foreign.includes(name))
      expect(left.map((name) => name.replace(/-\d.*/, "")).sort()).toEqual([
        "job-server-data",
        "job-server-files",
        "job-servers"
      ])
      killed.child.kill("SIGKILL")
      yield* killed.exited
      yield* temporaryFilesIn(temporary)
      const own = path.basename(yield* temporaryFolder("data"))
      expect((yield* run("main", [folder, "--once"], { env })).code).toBe(0)
      expect((yield* names).sort()).toEqual([...foreign, own].sort())
    })
  )

  it.scopedLive("are deleted where they are folders of this user, made here by a process that is gone", () =>
    Effect.gen(function* () {
      const temporary = yield* folderOf({})
      yield* temporaryFilesIn(temporary)
      const own = path.basename(yield* temporaryFolder("data"))
      const [, purpose = "", pid = "", began = "", space = "", rest = ""] =
        /^(job-server-[a-z]+)-(\d+)-(\d+)-(\d+)-(.+)$/.exec(own) ?? []
      const made = (by: Readonly<Record<"pid" | "began" | "space", string>>, end = rest) =>
        [purpose, by.pid, by.began, by.space, end].join("-")
      const gone = { pid: "999999999", began, space }
      const names = {
        left: made(gone),
        leftOfReusedNumber: made({ pid, began: `${began}1`, space }),
        ofAnotherContainer: made({ ...gone, space: `${space}1` }),
        link: made(gone, "linked"),
        ofAnotherUser: made(gone, "others")
      }
      const { link, ofAnotherUser, ...folders } = names
      const at = (name: string) => path.join(temporary, name)
      yield* Effect.promise(() => Promise.all(Object.values(folders).map((name) => mkdir(at(name)))))
      yield* Effect.promise(() => symlink(temporary, at(link)))
      const kept = [own, names.ofAnotherContainer, link]
      // Only root can make a folder of somebody else's.
      if (process.geteuid?.() === 0) {
        yield* Effect.promise(() => mkdir(at(ofAnotherUser)).then(() => chown(at(ofAnotherUser), 1, 1)))
        kept.push(ofAnotherUser)
      }
      yield* deleteLeftFolders
      expect((yield* Effect.promise(() => readdir(temporary))).sort()).toEqual(kept.sort())
    })
  )
})

/** The folder for temporary files of this process, for as long as the scope is open. */
const temporaryFilesIn = (folder: string) =>
  Effect.acquireRelease(
    Effect.sync(() => {
      const before = process.env["TMPDIR"]
      process.env["TMPDIR"] = folder
      return before
    }),
    (before) =>
      Effect.sync(() => {
        if (before === undefined) {
          delete process.env["TMPDIR"]
        } else {
          process.env["TMPDIR"] = before
        }
      })
  )

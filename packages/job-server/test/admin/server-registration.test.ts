/** A registration is read only if it is this user's, and nobody else can have written or read it. */
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { createServer } from "node:http"
import { chmod, chown, mkdir, readdir, symlink, writeFile } from "node:fs/promises"
import path from "node:path"
import { folderOf, run } from "../program.ts"

const uid = process.geteuid?.() ?? 0

/** A server that answers every command as an impostor would, and what it was sent. */
const impostor = Effect.acquireRelease(
  Effect.async<{ readonly port: number; readonly asked: Array<string>; readonly close: () => void }>((resume) => {
    const asked: Array<string> = []
    const server = createServer((request, response) => {
      asked.push(request.headers.authorization ?? "")
      response.end(JSON.stringify({ _tag: "Depths", depths: [] }))
    })
    server.listen(0, "127.0.0.1", () => {
      const address = server.address()
      const port = typeof address === "object" && address !== null ? address.port : 0
      resume(Effect.succeed({ port, asked, close: () => server.close() }))
    })
  }),
  ({ close }) => Effect.sync(close)
)

interface Modes {
  readonly folder: number
  readonly file: number
  readonly isLink?: boolean
  readonly name?: string
  /** Whose the folder, or the file, is in place of this user's. */
  readonly ownerOf?: "folder" | "file"
}

/** The exit code of a command with such a registration, and whether the server was asked. */
const outcomeOf = ({ file, folder, isLink = false, name = `${process.pid}.json`, ownerOf }: Modes) =>
  Effect.gen(function* () {
    const { asked, port } = yield* impostor
    const temporary = yield* folderOf({})
    const registrations = path.join(temporary, `job-servers-${uid}`)
    yield* Effect.promise(async () => {
      await mkdir(registrations)
      const target = path.join(isLink ? temporary : registrations, name)
      const registration = { pid: process.pid, port, token: "x", folder: "/" }
      await writeFile(target, JSON.stringify(registration), { mode: file })
      await chmod(target, file)
      if (isLink) {
        await symlink(target, path.join(registrations, name))
      }
      await chmod(registrations, folder)
      if (ownerOf !== undefined) {
        await chown(ownerOf === "file" ? target : registrations, 1, 1)
      }
    })
    const { code } = yield* run("jobs", ["depth"], { env: { ...process.env, TMPDIR: temporary } })
    return { code, asked: asked.length }
  })

describe("a registration", { timeout: 60_000 }, () => {
  it.scopedLive("is read where only this user has access", () =>
    Effect.gen(function* () {
      expect(yield* outcomeOf({ folder: 0o700, file: 0o600 })).toEqual({ code: 0, asked: 1 })
    })
  )

  const others: ReadonlyArray<readonly [string, Modes]> = [
    ["in a folder that others can write", { folder: 0o777, file: 0o600 }],
    ["in a folder that others can read", { folder: 0o755, file: 0o600 }],
    ["that others can read", { folder: 0o700, file: 0o644 }],
    ["that others can write", { folder: 0o700, file: 0o620 }],
    ["that is a link", { folder: 0o700, file: 0o600, isLink: true }],
    ["of another process than its name says", { folder: 0o700, file: 0o600, name: "1.json" }],
    // Only root can give files away.
    ...(uid === 0
      ? (["folder", "file"] as const).map((ownerOf): readonly [string, Modes] => [
          `whose ${ownerOf} is another user's`,
          { folder: 0o700, file: 0o600, ownerOf }
        ])
      : [])
  ]

  for (const [title, modes] of others) {
    it.scopedLive(`${title} is not read`, () =>
      Effect.gen(function* () {
        expect(yield* outcomeOf(modes)).toEqual({ code: 3, asked: 0 })
      })
    )
  }

  it.scopedLive("leaves nothing behind when its server ends", () =>
    Effect.gen(function* () {
      const temporary = yield* folderOf({})
      const folder = yield* folderOf({ "a.txt": "a" })
      const demo = yield* run("main", [folder, "--once", "--json"], { env: { ...process.env, TMPDIR: temporary } })
      expect(demo.code).toBe(0)
      expect(yield* Effect.promise(() => readdir(temporary))).toEqual([])
    })
  )
})

/**
 * Certificates, keys and authorities as their files have them now. The files are looked at (`stat`) before a connection
 * is made, and every five seconds at most while one is open, and they are read where that shows a change. A watcher would
 * keep the process alive and miss what Kubernetes does, which swaps a link in another folder; reading every time would
 * read three files and check them for nothing.
 */
import * as Effect from "effect/Effect"
import * as GlobalValue from "effect/GlobalValue"
import * as Redacted from "effect/Redacted"
import { createHash } from "node:crypto"
import { promises as Fs } from "node:fs"
import { loadTls, type LoadedTls, type Tls, type TlsFiles } from "../config/tls.ts"
import type { Variable } from "../config/variable.ts"
import { textOf } from "../catalogue/error-name.ts"
import type { OptionsError } from "../instrument/options-error.ts"
import { withoutDefect } from "../instrument/sound-log.ts"
import { processClock } from "../instrument/sound-clock.ts"

/** How often files are looked at while a connection is open, and nothing is wrong with them. */
const pauseMs = 5_000

/** A look at files takes microseconds. Where a file system hangs, what was read before is used after so long. */
const longestLookMs = 1_000

/** A change within so long of another one may leave no trace, as file systems round their times. */
const traceMs = 2_000

/** How often files that stay broken are warned of: those in use expire one day, and nobody reads last month's log then. */
const reminderMs = 24 * 3_600_000

/** What files hold, for as many connections as use them. */
export class RenewedTls {
  private tls: Tls
  /** The state of the files when they were read; `undefined` where they are to be read whatever it is. */
  private state: string | undefined
  /** The change that was warned of last, since files that can't be used were read; empty where they can. */
  private said = ""
  private saidAt = Number.NEGATIVE_INFINITY
  private lookedAt = Number.NEGATIVE_INFINITY
  private looking: Promise<Look> | undefined
  private isHanging = false
  private readonly files: TlsFiles

  constructor(files: TlsFiles, tls: Tls) {
    this.files = files
    this.tls = tls
  }

  /**
   * What the files hold. Where they can't be used, as while somebody writes them, it is what they held before: this is
   * said once for each change, and once a day, and they are read again each time.
   */
  current(isOpen: boolean): Effect.Effect<Tls> {
    return Effect.gen(this, function* () {
      if (isOpen && this.said === "" && performance.now() - this.lookedAt < pauseMs) {
        return this.tls
      }
      const look = yield* this.look
      if (look !== undefined && look.state !== this.state) {
        yield* this.read(look)
      }
      return this.tls
    })
  }

  /** Nothing where a look has not ended in time. In real time, as it is a file system that is waited for. */
  private readonly look: Effect.Effect<Look | undefined> = Effect.async((resume) => {
    if (this.isHanging) {
      resume(Effect.succeed(undefined))
      return
    }
    this.lookedAt = performance.now()
    this.looking ??= lookAt(filesOf(this.files).map(({ value }) => value))
    const timer = setTimeout(() => {
      this.isHanging = true
      resume(Effect.succeed(undefined))
    }, longestLookMs)
    void this.looking.then((look) => {
      clearTimeout(timer)
      this.isHanging = false
      this.looking = undefined
      resume(Effect.succeed(look))
    })
  })

  private read({ changedMs, state }: Look): Effect.Effect<void> {
    return Effect.suspend(() => {
      const readMs = processClock.unsafeCurrentTimeMillis()
      return Effect.matchEffect(loadTls(this.files), {
        onFailure: (error) => this.refused(error, state),
        onSuccess: (loaded) => {
          this.state = readMs - changedMs < traceMs ? undefined : state
          return this.loaded(loaded)
        }
      })
    })
  }

  private loaded({ clientValidTo, tls }: LoadedTls): Effect.Effect<void> {
    const isSame = (["ca", "cert", "key"] as const).every((name) => isEqual(tls[name], this.tls[name]))
    const isNews = this.said !== "" || !isSame
    this.said = ""
    if (!isNews) {
      return Effect.void
    }
    // A connection keeps to the same object for as long as nothing has changed.
    this.tls = isSame ? this.tls : tls
    const until = clientValidTo === undefined ? "" : `; the client certificate is valid until ${clientValidTo}`
    return withoutDefect(
      Effect.logInfo(`The files of ${variablesOf(this.files)} have changed, and were read again${until}`)
    )
  }

  private refused({ expected, given, option }: OptionsError, state: string): Effect.Effect<void> {
    // Not what is expected: it may have the time in it.
    const change = `${state} ${option} ${given}`
    if (this.said === change && performance.now() - this.saidAt < reminderMs) {
      return Effect.void
    }
    this.said = change
    this.saidAt = performance.now()
    return withoutDefect(
      Effect.logWarning(
        `The file of ${option} has changed and can't be used, so what was read of ${variablesOf(this.files)} before ` +
          `stays in use: given ${given}; expected ${expected}`
      )
    )
  }
}

/** The one reader of these files in this process: all signals see a change at once, and it is said once. */
export const renewedTls = (files: TlsFiles, tls: Tls): RenewedTls => {
  const { authority, client } = files
  const passphrase = client?.passphrase && Redacted.value(client.passphrase)
  const what = JSON.stringify([authority, client?.certificate, client?.key, passphrase])
  // The passphrase is not to stay in memory for as long as the process.
  const id = createHash("sha256").update(what).digest("hex")
  const known = readers.get(id)?.deref()
  if (known !== undefined) {
    return known
  }
  const made = new RenewedTls(files, tls)
  readers.set(id, new WeakRef(made))
  return made
}

// Weak, so that no key stays in memory when nobody exports with it any more.
const readers = GlobalValue.globalValue(
  Symbol.for("@parametric-portal/server/tls"),
  () => new Map<string, WeakRef<RenewedTls>>()
)

const filesOf = ({ authority, client }: TlsFiles): ReadonlyArray<Variable<string>> =>
  [authority, client?.certificate, client?.key].filter((file) => file !== undefined)

const variablesOf = (files: TlsFiles): string =>
  filesOf(files)
    .map(({ name }) => name)
    .join(", ")

/** What can be seen of files without reading them. */
interface Look {
  readonly state: string
  /** When the youngest of them was changed, by the clock of its file system. */
  readonly changedMs: number
}

/** One file after the other: a file system that hangs takes one of Node's four threads for files, and not three. */
const lookAt = ([path, ...others]: ReadonlyArray<string>): Promise<Look> =>
  path === undefined
    ? Promise.resolve({ state: "", changedMs: Number.NEGATIVE_INFINITY })
    : lookAtOne(path).then((one) =>
        lookAt(others).then((rest) => ({
          state: `${one.state} ${rest.state}`,
          changedMs: Math.max(one.changedMs, rest.changedMs)
        }))
      )

/** `stat` follows links: it is another file where one of them leads elsewhere. */
const lookAtOne = (path: string): Promise<Look> =>
  Fs.stat(path, { bigint: true }).then(
    ({ ctimeMs, ctimeNs, dev, ino, mtimeNs, size }) => ({
      state: [dev, ino, size, mtimeNs, ctimeNs].join(),
      changedMs: Number(ctimeMs)
    }),
    (error: unknown) => ({ state: textOf(error, "code") ?? "none", changedMs: Number.NEGATIVE_INFINITY })
  )

const isEqual = (one: Buffer | undefined, other: Buffer | undefined): boolean =>
  one === undefined || other === undefined ? one === other : one.equals(other)
